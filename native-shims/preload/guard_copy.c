#include "guard_copy.h"
#include "guard.h"
#include "libc.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in every linux/magic.h. */
#define BCACHEFS_MAGIC 0xca451a4e
#define OCFS2_MAGIC 0x7461636f
#define XFS_MAGIC 0x58465342
#define ZFS_MAGIC 0x2fc12fc1

/* At a time, by reading and writing: a thread's stack may be small. */
#define PIECE (8 * 1024)

/* Filesystems on which the kernel, asked to copy, may let two files have the same blocks. */
static bool may_share(int fd)
{
    struct statfs status;
    if (syscall(SYS_fstatfs, fd, &status) != 0)
        return false;
    switch ((uint32_t)status.f_type) {
    case BCACHEFS_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case NFS_SUPER_MAGIC:
    case OCFS2_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
    case XFS_MAGIC:
    case ZFS_MAGIC:
        return true;
    default:
        return false;
    }
}

static off64_t place(int fd, const off64_t *offset)
{
    return offset != NULL ? *offset : (off64_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

static void advance(int fd, off64_t *offset, off64_t to)
{
    if (offset != NULL)
        *offset = to;
    else
        syscall(SYS_lseek, fd, to, SEEK_SET);
}

/* By reading and writing, which leaves every block where it is. */
static ssize_t copy(int in, off64_t from, int out, off64_t to, size_t length)
{
    char bytes[PIECE];
    size_t done = 0;
    while (done < length) {
        size_t piece = length - done < PIECE ? length - done : PIECE;
        ssize_t got = syscall(SYS_pread64, in, bytes, piece, from + (off64_t)done);
        ssize_t put = got <= 0 ? got : syscall(SYS_pwrite64, out, bytes, got, to + (off64_t)done);
        if (put <= 0)
            return done > 0 ? (ssize_t)done : put;
        done += (size_t)put;
    }
    return (ssize_t)done;
}

bool guard_copy(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags, ssize_t *result)
{
    struct stat source;
    if (flags != 0 || (!guard_may_hold(out) && !guard_may_hold(in)))
        return false;
    int saved = errno;
    off64_t from = place(in, in_offset), to = place(out, out_offset);
    bool shares = may_share(out) && raw_fstat(in, &source) == 0 && S_ISREG(source.st_mode) && from >= 0 && to >= 0 && from < source.st_size;
    errno = saved;
    if (!shares)
        return false;
    if (length > (uint64_t)(source.st_size - from))
        length = (size_t)(source.st_size - from);

    struct guard_operation operations[2];
    int verdict = guard_begin_both(
        operations, (struct guard_part){ in, DAXEMU_GUARD_REFLINK_FROM, (uint64_t)from, length },
        (struct guard_part){ out, DAXEMU_GUARD_REFLINK_INTO, (uint64_t)to, length });
    if (verdict == GUARD_PROCEED) {
        *result = guard_end_both(operations, REAL(copy_file_range)(in, in_offset, out, out_offset, length, 0));
    } else if (verdict == GUARD_PRETEND) {
        /* What is not carried out is the sharing. The program counts on the bytes. */
        *result = copy(in, from, out, to, length);
        if (*result > 0) {
            advance(in, in_offset, from + *result);
            advance(out, out_offset, to + *result);
        }
    } else {
        *result = guard_answer(verdict);
    }
    return true;
}
