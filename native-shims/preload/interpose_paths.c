/* Calls that take a path. Those that libc makes itself do not come by here, so each entry point that programs use is needed. */
#include "debug.h"
#include "directories.h"
#include "guard_open.h"
#include "libc.h"
#include "nodes.h"
#include "session.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "the 64-bit entry points share an implementation");
_Static_assert(sizeof(off_t) == 8, "the 64-bit entry points share an implementation");

static int failing(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

/* open(2) and its kin. */

static bool takes_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_AFTER(last)                  \
    mode_t mode = 0;                      \
    if (takes_mode(flags)) {              \
        va_list arguments;                \
        va_start(arguments, last);        \
        mode = va_arg(arguments, mode_t); \
        va_end(arguments);                \
    }

/* A device, a guarded file that is cut, or neither: only then is nothing done here. */
static bool open_here(int directory, const char *path, int flags, mode_t mode, int *fd)
{
    struct node node;
    if (node_of(directory, path, &node)) {
        *fd = node_open(&node, flags);
        return true;
    }
    return guard_open_truncating(directory, path, flags, mode, fd);
}

#define OPEN(name)                                                                                              \
    DAXEMU_EXPORT int name(const char *path, int flags, ...)                                                    \
    {                                                                                                           \
        MODE_AFTER(flags)                                                                                       \
        int fd;                                                                                                 \
        return open_here(AT_FDCWD, path, flags, mode, &fd) ? fd : REAL(name)(path, flags, mode);                \
    }

#define OPENAT(name)                                                                                            \
    DAXEMU_EXPORT int name(int directory, const char *path, int flags, ...)                                     \
    {                                                                                                           \
        MODE_AFTER(flags)                                                                                       \
        int fd;                                                                                                 \
        return open_here(directory, path, flags, mode, &fd) ? fd : REAL(name)(directory, path, flags, mode);    \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name)                                                                                             \
    DAXEMU_EXPORT int name(const char *path, mode_t mode)                                                       \
    {                                                                                                           \
        int fd;                                                                                                 \
        return open_here(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode, &fd) ? fd : REAL(name)(path, mode); \
    }

CREAT(creat)
CREAT(creat64)

/* What _FORTIFY_SOURCE makes of open without a mode. */
#define OPEN_2(name)                                                                                            \
    int name(const char *path, int flags);                                                                      \
    DAXEMU_EXPORT int name(const char *path, int flags)                                                         \
    {                                                                                                           \
        int fd;                                                                                                 \
        return open_here(AT_FDCWD, path, flags, 0, &fd) ? fd : REAL(name)(path, flags);                         \
    }

#define OPENAT_2(name)                                                                                          \
    int name(int directory, const char *path, int flags);                                                       \
    DAXEMU_EXPORT int name(int directory, const char *path, int flags)                                          \
    {                                                                                                           \
        int fd;                                                                                                 \
        return open_here(directory, path, flags, 0, &fd) ? fd : REAL(name)(directory, path, flags);             \
    }

OPEN_2(__open_2)
OPEN_2(__open64_2)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

static FILE *open_stream(const struct node *node, const char *mode)
{
    int flags = *mode == 'r' && strchr(mode, '+') == NULL ? O_RDONLY : O_RDWR;
    if (strchr(mode, 'e') != NULL)
        flags |= O_CLOEXEC;
    int fd = node_open(node, flags);
    if (fd < 0)
        return NULL;
    FILE *stream = fdopen(fd, mode);
    if (stream == NULL)
        raw_close(fd);
    return stream;
}

#define FOPEN(name)                                                                                             \
    DAXEMU_EXPORT FILE *name(const char *path, const char *mode)                                                \
    {                                                                                                           \
        struct node node;                                                                                       \
        FILE *stream;                                                                                           \
        if (node_of(AT_FDCWD, path, &node))                                                                     \
            return open_stream(&node, mode);                                                                    \
        return guard_open_stream(path, mode, NULL, &stream) ? stream : REAL(name)(path, mode);                  \
    }

#define FREOPEN(name)                                                                                           \
    DAXEMU_EXPORT FILE *name(const char *path, const char *mode, FILE *replaced)                                \
    {                                                                                                           \
        FILE *stream;                                                                                           \
        return guard_open_stream(path, mode, replaced, &stream) ? stream : REAL(name)(path, mode, replaced);    \
    }

FOPEN(fopen)
FOPEN(fopen64)
FREOPEN(freopen)
FREOPEN(freopen64)

/* access(2) */

DAXEMU_EXPORT int access(const char *path, int mode)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? failing(node_access(&node, mode)) : REAL(access)(path, mode);
}

DAXEMU_EXPORT int euidaccess(const char *path, int mode)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? failing(node_access(&node, mode)) : REAL(euidaccess)(path, mode);
}

DAXEMU_EXPORT int faccessat(int directory, const char *path, int mode, int flags)
{
    struct node node;
    return node_of(directory, path, &node) ? failing(node_access(&node, mode)) : REAL(faccessat)(directory, path, mode, flags);
}

/* stat(2) */

/* A descriptor's status, as the kernel gave it, corrected for one of ours. */
static int correct(int fd, int result, struct stat *status)
{
    if (result != 0)
        return result;
    struct node node;
    if (S_ISSOCK(status->st_mode))
        session_stat(fd, status);
    else if (S_ISREG(status->st_mode) && status->st_nlink == 0 && node_of(fd, "", &node))
        return failing(node_stat(&node, status));
    return 0;
}

static int stat_node(const struct node *node, struct stat *status)
{
    return failing(node_stat(node, status));
}

#define STAT(name, type)                                                                                             \
    DAXEMU_EXPORT int name(const char *path, struct type *status)                                                    \
    {                                                                                                                \
        struct node node;                                                                                            \
        return node_of(AT_FDCWD, path, &node) ? stat_node(&node, (struct stat *)status) : REAL(name)(path, status);  \
    }

STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

DAXEMU_EXPORT int fstat(int fd, struct stat *status)
{
    return correct(fd, REAL(fstat)(fd, status), status);
}

DAXEMU_EXPORT int fstat64(int fd, struct stat64 *status)
{
    return correct(fd, REAL(fstat64)(fd, status), (struct stat *)status);
}

/* AT_EMPTY_PATH: the descriptor is meant. Linux 6.11 takes NULL, too. */
static bool is_descriptor_itself(const char *path, int flags)
{
    return (flags & AT_EMPTY_PATH) != 0 && (path == NULL || *path == '\0');
}

#define FSTATAT(name, type)                                                                     \
    DAXEMU_EXPORT int name(int directory, const char *path, struct type *status, int flags)     \
    {                                                                                           \
        struct node node;                                                                       \
        if (node_of(directory, path, &node))                                                    \
            return stat_node(&node, (struct stat *)status);                                     \
        int result = REAL(name)(directory, path, status, flags);                                \
        bool itself = is_descriptor_itself(path, flags);                                        \
        return itself ? correct(directory, result, (struct stat *)status) : result;             \
    }

FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)

/* What programs built before glibc 2.33 call; the version says which struct stat, and on 64-bit machines there is one. */
#define XSTAT(name, type, flags)                                                                       \
    int name(int version, const char *path, struct type *status);                                      \
    DAXEMU_EXPORT int name(int version, const char *path, struct type *status)                         \
    {                                                                                                  \
        (void)version;                                                                                 \
        struct node node;                                                                              \
        return node_of(AT_FDCWD, path, &node) ? stat_node(&node, (struct stat *)status)                \
                                              : (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, flags); \
    }

XSTAT(__xstat, stat, 0)
XSTAT(__xstat64, stat64, 0)
XSTAT(__lxstat, stat, AT_SYMLINK_NOFOLLOW)
XSTAT(__lxstat64, stat64, AT_SYMLINK_NOFOLLOW)

#define FXSTAT(name, type)                                                                             \
    int name(int version, int fd, struct type *status);                                                \
    DAXEMU_EXPORT int name(int version, int fd, struct type *status)                                   \
    {                                                                                                  \
        (void)version;                                                                                 \
        return correct(fd, raw_fstat(fd, (struct stat *)status), (struct stat *)status);               \
    }

FXSTAT(__fxstat, stat)
FXSTAT(__fxstat64, stat64)

static void to_statx(const struct stat *status, struct statx *extended)
{
    memset(extended, 0, sizeof *extended);
    extended->stx_mask = STATX_BASIC_STATS;
    extended->stx_blksize = (uint32_t)status->st_blksize;
    extended->stx_nlink = (uint32_t)status->st_nlink;
    extended->stx_uid = status->st_uid;
    extended->stx_gid = status->st_gid;
    extended->stx_mode = (uint16_t)status->st_mode;
    extended->stx_ino = status->st_ino;
    extended->stx_size = (uint64_t)status->st_size;
    extended->stx_rdev_major = major(status->st_rdev);
    extended->stx_rdev_minor = minor(status->st_rdev);
}

DAXEMU_EXPORT int statx(int directory, const char *path, int flags, unsigned mask, struct statx *extended)
{
    struct node node;
    struct stat status;
    if (node_of(directory, path, &node)) {
        int result = stat_node(&node, &status);
        if (result == 0)
            to_statx(&status, extended);
        return result;
    }
    int result = REAL(statx)(directory, path, flags, mask, extended);
    if (result == 0 && is_descriptor_itself(path, flags) && S_ISSOCK(extended->stx_mode)) {
        memset(&status, 0, sizeof status);
        status.st_mode = S_IFSOCK;
        session_stat(directory, &status);
        if (S_ISCHR(status.st_mode))
            to_statx(&status, extended);
    }
    return result;
}

/* readlink(2), realpath(3): nothing of ours is a link. */

static ssize_t not_a_link(const struct node *node)
{
    struct stat status;
    int error = node_stat(node, &status);
    return failing(error == 0 ? EINVAL : error);
}

DAXEMU_EXPORT ssize_t readlink(const char *path, char *target, size_t size)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? not_a_link(&node) : REAL(readlink)(path, target, size);
}

DAXEMU_EXPORT ssize_t readlinkat(int directory, const char *path, char *target, size_t size)
{
    struct node node;
    return node_of(directory, path, &node) ? not_a_link(&node) : REAL(readlinkat)(directory, path, target, size);
}

static char *resolve(const struct node *node, char *resolved)
{
    struct stat status;
    if (stat_node(node, &status) != 0)
        return NULL;
    return resolved == NULL ? strdup(node->path) : strcpy(resolved, node->path);
}

DAXEMU_EXPORT char *realpath(const char *path, char *resolved)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? resolve(&node, resolved) : REAL(realpath)(path, resolved);
}

char *__realpath_chk(const char *path, char *resolved, size_t size);
DAXEMU_EXPORT char *__realpath_chk(const char *path, char *resolved, size_t size)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? resolve(&node, resolved) : REAL(__realpath_chk)(path, resolved, size);
}

DAXEMU_EXPORT char *canonicalize_file_name(const char *path)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? resolve(&node, NULL) : REAL(canonicalize_file_name)(path);
}
