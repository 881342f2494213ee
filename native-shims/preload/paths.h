/* Which paths belong to the emulated device. All others go to the kernel unseen. */
#ifndef DAXEMU_PRELOAD_PATHS_H
#define DAXEMU_PRELOAD_PATHS_H

#include <limits.h>
#include <stdbool.h>

enum node_kind {
    NODE_SYSFS,            /* below /sys/class/infiniband*: a file or directory of the daemon's */
    NODE_DEVICE_DIRECTORY, /* /dev/infiniband */
    NODE_DEVICE,           /* a name in it */
};

struct node {
    enum node_kind kind;
    char path[PATH_MAX]; /* absolute, without ".", ".." and doubled slashes */
};

/*
 * True when the path is one of ours, whether or not there is anything: the host's own RDMA devices live at the same paths and
 * must not show. A relative path is ours when the directory is (directories.h).
 */
bool node_of(int directory, const char *path, struct node *node);

/* True when the program asked for the host's own RDMA devices: then no path is ours. */
bool paths_are_the_hosts(void);

/* A path below /sys as the daemon is asked for it. */
const char *node_sysfs_path(const struct node *node);

/* The last component. */
const char *node_name(const struct node *node);

#endif
