#include "nodes.h"
#include "directories.h"
#include "libc.h"
#include "manager.h"
#include "session.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* What the device files' directory lists comes from here. */
#define DEVICE_CLASS "class/infiniband_verbs"

ino_t node_inode(const char *path)
{
    /* FNV-1a, 64 bits. */
    uint64_t hash = 0xcbf29ce484222325;
    for (; *path != '\0'; path++)
        hash = (hash ^ (unsigned char)*path) * 0x100000001b3;
    return hash;
}

static int sysfs_kind(const char *path, mode_t *mode)
{
    char text[SYSFS_TEXT];
    size_t length;
    switch (sysfs_read(path, text, &length)) {
    case 0:
    case EINVAL: /* there, but has nothing to say now */
        *mode = S_IFREG | 0444;
        return 0;
    case EISDIR:
        *mode = S_IFDIR | 0755;
        return 0;
    default:
        return ENOENT;
    }
}

int node_stat(const struct node *node, struct stat *status)
{
    memset(status, 0, sizeof *status);
    int error;
    switch (node->kind) {
    case NODE_DEVICE:
        status->st_mode = S_IFCHR | 0666;
        error = sysfs_device_number(node_name(node), &status->st_rdev);
        break;
    case NODE_DEVICE_DIRECTORY:
        error = sysfs_kind(DEVICE_CLASS, &status->st_mode);
        break;
    default:
        error = sysfs_kind(node_sysfs_path(node), &status->st_mode);
        break;
    }
    if (error != 0)
        return error;

    status->st_ino = node_inode(node->path);
    status->st_nlink = S_ISDIR(status->st_mode) ? 2 : 1;
    status->st_size = S_ISREG(status->st_mode) ? SYSFS_TEXT : 0;
    status->st_blksize = SYSFS_TEXT;
    return 0;
}

int node_access(const struct node *node, int mode)
{
    struct stat status;
    int error = node_stat(node, &status);
    if (error != 0)
        return error;
    bool refused = ((mode & W_OK) != 0 && !S_ISCHR(status.st_mode)) || ((mode & X_OK) != 0 && !S_ISDIR(status.st_mode));
    return refused ? EACCES : 0;
}

static int open_text(const char *text, size_t length, int flags)
{
    int fd = memfd_create("daxemu-sysfs", (flags & O_CLOEXEC) != 0 ? MFD_CLOEXEC : 0);
    if (fd < 0)
        return -1;
    if (pwrite(fd, text, length, 0) != (ssize_t)length) {
        raw_close(fd);
        errno = ENOSPC;
        return -1;
    }
    return fd;
}

static int open_sysfs(const struct node *node, const char *path, int flags)
{
    char text[SYSFS_TEXT];
    size_t length;
    int error = sysfs_read(path, text, &length);
    bool is_directory = error == EISDIR;
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (is_directory)
        error = writes ? EISDIR : 0;
    else if (error == 0 && writes)
        error = EACCES;
    else if (error == 0 && (flags & O_DIRECTORY) != 0)
        error = ENOTDIR;
    if (error != 0) {
        errno = error;
        return -1;
    }
    return is_directory ? directory_open(node->path, flags) : open_text(text, length, flags);
}

int node_open(const struct node *node, int flags)
{
    switch (node->kind) {
    case NODE_DEVICE:
        return strcmp(node_name(node), MANAGER_NAME) == 0 ? manager_open(node, flags) : session_open(node, flags);
    case NODE_DEVICE_DIRECTORY:
        return open_sysfs(node, DEVICE_CLASS, flags);
    default:
        return open_sysfs(node, node_sysfs_path(node), flags);
    }
}

int node_list(const struct node *node, char *text)
{
    if (node->kind == NODE_DEVICE)
        return ENOTDIR;

    char path[PATH_MAX + 1];
    size_t length;
    mode_t mode;
    snprintf(path, sizeof path, "%s/", node->kind == NODE_DEVICE_DIRECTORY ? DEVICE_CLASS : node_sysfs_path(node));
    int error = sysfs_read(path, text, &length);
    if (error != 0 || node->kind != NODE_DEVICE_DIRECTORY)
        return error;

    /* The class's directories are the device files' names; its files are none. */
    char *to = text;
    for (char *line = text; *line != '\0';) {
        size_t bytes = strcspn(line, "\n");
        if (bytes > 1 && line[bytes - 1] == '/') {
            memmove(to, line, bytes - 1);
            to += bytes - 1;
            *to++ = '\n';
        }
        line += bytes + (line[bytes] != '\0');
    }
    *to = '\0';
    if (sysfs_kind("class/misc/" MANAGER_NAME, &mode) == 0 && (size_t)(to - text) + sizeof MANAGER_NAME "\n" <= SYSFS_TEXT)
        strcpy(to, MANAGER_NAME "\n");
    return 0;
}
