/*
 * syscall(3), for what is recognised among the functions of libc as well.
 *
 * UCX, which wants to know of every mapping, overwrites the code of mmap() with a jump to its own, and that asks the kernel by syscall(). So a
 * mapping of a device is recognised here; it must not lead back to mmap(), nor a punch through a mapping to madvise().
 */
#include "arguments.h"
#include "device_map.h"
#include "guard_copy.h"
#include "guard_ioctls.h"
#include "guard_open.h"
#include "guard_remove.h"
#include "libc.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* What openat(2) takes. O_CREAT alone, of those here that cut, takes a mode, of permissions. */
#define OPEN_FLAGS                                                                                                                  \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | 0100000 \
     | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC)

/*
 * The flags beyond open(2)'s would be lost: a path that must not lead everywhere is opened by the kernel, and cut without asking. So is what
 * open(2) takes and openat2(2) refuses.
 */
static bool open_how(int directory, const char *path, const void *argument, size_t size, int *fd)
{
    struct open_how how;
    if (size != sizeof how || !argument_read(&how, argument, sizeof how) || how.resolve != 0 || (how.flags & ~(uint64_t)OPEN_FLAGS) != 0
        || (how.mode & ~(uint64_t)07777) != 0 || ((how.flags & O_CREAT) == 0 && how.mode != 0))
        return false;
    return guard_open_truncating(directory, path, (int)how.flags, (mode_t)how.mode, fd);
}

/* True when the call was made here, and *result is its result, with errno. */
static bool made_here(long number, const long a[6], long *result)
{
    int fd;
    ssize_t copied, removed;
    switch (number) {
    case SYS_mmap:
        if (!is_device_map((int)a[4], (int)a[3]))
            return false;
        *result = (long)map_device((int)a[4], (void *)a[0], (size_t)a[1], (int)a[2], (int)a[3], a[5]);
        return true;
    case SYS_ftruncate:
        *result = ftruncate((int)a[0], a[1]);
        return true;
    case SYS_truncate:
        *result = truncate((const char *)a[0], a[1]);
        return true;
    case SYS_fallocate:
        *result = fallocate((int)a[0], (int)a[1], a[2], a[3]);
        return true;
    case SYS_madvise:
        if ((int)a[2] != MADV_REMOVE || !guard_remove((void *)a[0], (size_t)a[1], &fd))
            return false;
        break;
    case SYS_process_madvise:
        if ((int)a[3] != MADV_REMOVE || !guard_remove_all((int)a[0], (const struct iovec *)a[1], (size_t)a[2], (unsigned)a[4], &removed))
            return false;
        *result = removed;
        return true;
    case SYS_copy_file_range:
        if (!guard_copy((int)a[0], (off64_t *)a[1], (int)a[2], (off64_t *)a[3], (size_t)a[4], (unsigned)a[5], &copied))
            return false;
        *result = copied;
        return true;
    case SYS_ioctl:
        if (!guard_ioctl((int)a[0], (unsigned long)a[1], (void *)a[2], &fd))
            return false;
        break;
#ifdef SYS_open
    case SYS_open:
        if (!guard_open_truncating(AT_FDCWD, (const char *)a[0], (int)a[1], (mode_t)a[2], &fd))
            return false;
        break;
    case SYS_creat:
        if (!guard_open_truncating(AT_FDCWD, (const char *)a[0], O_CREAT | O_WRONLY | O_TRUNC, (mode_t)a[1], &fd))
            return false;
        break;
#endif
    case SYS_openat:
        if (!guard_open_truncating((int)a[0], (const char *)a[1], (int)a[2], (mode_t)a[3], &fd))
            return false;
        break;
    case SYS_openat2:
        if (!open_how((int)a[0], (const char *)a[1], (const void *)a[2], (size_t)a[3], &fd))
            return false;
        break;
    default:
        return false;
    }
    *result = fd;
    return true;
}

/* In parentheses, as tests have a macro of that name. */
__attribute__((no_sanitize("address"))) DAXEMU_EXPORT long(syscall)(long number, ...)
{
    /* As libc's own does, this reads six arguments however many there are. */
    va_list arguments;
    va_start(arguments, number);
    long a[6];
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);

    long result;
    return made_here(number, a, &result) ? result : REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
