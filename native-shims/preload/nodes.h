/* What there is at one of our paths, as open(2), stat(2) and readdir(3) show it. */
#ifndef DAXEMU_PRELOAD_NODES_H
#define DAXEMU_PRELOAD_NODES_H

#include "paths.h"

#include <sys/stat.h>

/* Fills what stat(2) gives. Returns 0 or ENOENT. */
int node_stat(const struct node *node, struct stat *status);

/* open(2). Returns a descriptor, or -1 with errno. */
int node_open(const struct node *node, int flags);

/* access(2). Returns 0, ENOENT, EACCES (nothing here can be written but the device file). */
int node_access(const struct node *node, int mode);

/* The entries of a directory, in the form of sysfs_read. Returns 0, ENOENT, ENOTDIR. */
int node_list(const struct node *node, char *text);

/* st_ino of a path: some number that stays the same. */
ino_t node_inode(const char *path);

#endif
