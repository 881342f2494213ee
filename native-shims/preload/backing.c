#include "backing.h"
#include "debug.h"
#include "libc.h"

#include <daxemu/device.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/*
 * The same file? Most filesystems show one device number in stat(2) and in maps; btrfs and others do not, so a mapping of the
 * candidate then settles it.
 */
static bool is_file_of(int fd, const struct vma *vma)
{
    struct stat status;
    if (raw_fstat(fd, &status) != 0 || status.st_ino != vma->inode)
        return false;
    if (status.st_dev == vma->device)
        return true;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *probe = raw_mmap(NULL, page, PROT_NONE, MAP_SHARED, fd, 0);
    struct vma found;
    bool same = probe != MAP_FAILED && vma_find((uintptr_t)probe, &found) == 0 && found.inode == vma->inode
        && found.device == vma->device;
    if (probe != MAP_FAILED)
        munmap(probe, page);
    return same;
}

static int open_if_same(const char *path, int flags, const struct vma *vma)
{
    int fd = raw_open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    if (is_file_of(fd, vma))
        return fd;
    raw_close(fd);
    return -ENOENT;
}

/* Needs CAP_CHECKPOINT_RESTORE. */
static int open_mapped(int flags, const struct vma *vma)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", vma->start, vma->end);
    return open_if_same(path, flags, vma);
}

static int open_entry(const char *name, int flags, const struct vma *vma)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/self/fd/%.20s", name);
    bool may_be = syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) == 0 && status.st_ino == vma->inode && S_ISREG(status.st_mode);
    return may_be ? open_if_same(path, flags, vma) : -ENOENT;
}

/*
 * A file that has lost its name, a memfd for instance, is usually still open. Not by opendir(3), which allocates: an allocator may have called,
 * with its lock held.
 */
static int open_described(int flags, const struct vma *vma)
{
    _Alignas(struct dirent64) char entries[2048];
    int descriptors = raw_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptors < 0)
        return -errno;
    int fd = -ENOENT;
    for (long length; fd < 0 && (length = syscall(SYS_getdents64, descriptors, entries, sizeof entries)) > 0;) {
        /* glibc's struct dirent64 is the kernel's. */
        for (long at = 0; fd < 0 && at < length; at += ((struct dirent64 *)(entries + at))->d_reclen)
            fd = open_entry(((struct dirent64 *)(entries + at))->d_name, flags, vma);
    }
    raw_close(descriptors);
    return fd;
}

static bool is_dax(int fd)
{
    struct statx status;
    return syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0, &status) == 0 && (status.stx_attributes & STATX_ATTR_DAX) != 0;
}

int backing_open(const struct vma *vma, bool writes, int *fd, uint32_t *flags)
{
    int mode = writes ? O_RDWR : O_RDONLY;
    int opened = open_if_same(vma->name, mode, vma);
    int refused = opened;
    if (opened < 0)
        opened = open_mapped(mode, vma);
    if (opened < 0)
        opened = open_described(mode, vma);
    if (opened < 0) {
        int error = refused == -ENOENT ? EOPNOTSUPP : -refused;
        debug("[%lx, %lx) (%s) cannot be registered: its file cannot be opened: %s", vma->start, vma->end, vma->name, strerror(error));
        return error;
    }
    *fd = opened;
    if (is_dax(opened) && vma_is_sync(vma))
        *flags |= DAXEMU_SEGMENT_SYNC;
    return 0;
}
