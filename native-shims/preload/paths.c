#include "paths.h"
#include "directories.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *prefix;
    enum node_kind kind;
} roots[] = {
    { "/sys/class/infiniband", NODE_SYSFS },
    { "/sys/class/infiniband_verbs", NODE_SYSFS },
    { "/sys/class/infiniband_mad", NODE_SYSFS },
    { "/sys/class/misc/rdma_cm", NODE_SYSFS },
    { "/dev/infiniband", NODE_DEVICE },
};

/* Most programs never name such a path: look at as little as possible. */
static bool may_be_ours(const char *path)
{
    if (*path != '/')
        return false;
    while (*path == '/' || (path[0] == '.' && path[1] == '/'))
        path++;
    return strncmp(path, "sys", 3) == 0 || strncmp(path, "dev", 3) == 0;
}

/*
 * Appends the components of a path to an absolute one. ".." is resolved by the text alone, which is right below our roots, where
 * nothing is a symbolic link.
 */
static bool append(char *to, size_t *length, const char *path)
{
    while (*path != '\0') {
        size_t component = strcspn(path, "/");
        if (component == 2 && path[0] == '.' && path[1] == '.') {
            while (*length > 0 && to[--*length] != '/') {
            }
        } else if (component > 1 || (component == 1 && path[0] != '.')) {
            if (*length + 1 + component >= PATH_MAX)
                return false;
            to[(*length)++] = '/';
            memcpy(to + *length, path, component);
            *length += component;
        }
        path += component;
        path += strspn(path, "/");
    }
    to[*length] = '\0';
    return true;
}

/* DAXEMU_HOST_DEVICES=1: the program is to see the host's own RDMA devices, in place of the daemon's. */
bool paths_are_the_hosts(void)
{
    static atomic_int known;
    int state = atomic_load_explicit(&known, memory_order_relaxed);
    if (state == 0) {
        const char *setting = getenv("DAXEMU_HOST_DEVICES");
        state = setting != NULL && strcmp(setting, "1") == 0 ? 2 : 1;
        atomic_store_explicit(&known, state, memory_order_relaxed);
    }
    return state == 2;
}

static bool classify(struct node *node)
{
    if (paths_are_the_hosts())
        return false;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        size_t length = strlen(roots[i].prefix);
        if (strncmp(node->path, roots[i].prefix, length) != 0)
            continue;
        char next = node->path[length];
        if (next == '\0' || next == '/') {
            node->kind = next == '\0' && roots[i].kind == NODE_DEVICE ? NODE_DEVICE_DIRECTORY : roots[i].kind;
            return true;
        }
    }
    return false;
}

bool node_of(int directory, const char *path, struct node *node)
{
    if (path == NULL)
        return false;

    size_t length = 0;
    if (*path == '/') {
        if (!may_be_ours(path))
            return false;
    } else {
        if (directory == AT_FDCWD || !directory_path(directory, node->path, sizeof node->path))
            return false;
        length = strlen(node->path);
    }
    return append(node->path, &length, path) && classify(node);
}

const char *node_sysfs_path(const struct node *node)
{
    return node->path + strlen("/sys/");
}

const char *node_name(const struct node *node)
{
    return strrchr(node->path, '/') + 1;
}
