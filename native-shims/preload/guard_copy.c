#include "guard_copy.h"
#include "arguments.h"
#include "guard.h"
#include "libc.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

/* At a time, by reading and writing: a thread's stack may be small. */
#define PIECE (8 * 1024)

/*
 * Filesystems on which the kernel, asked to copy, may let two files have the same blocks: any but those known not to. The daemon, which judges
 * what other guards see, holds it so too (DescriptorStatus.MayShareBlocks).
 */
static bool may_share(int fd)
{
    struct statfs status;
    return syscall(SYS_fstatfs, fd, &status) != 0 || status.f_type != EXT4_SUPER_MAGIC;
}

/* Negative where it is none. */
static off64_t place(int fd, const off64_t *offset)
{
    off64_t at;
    if (offset == NULL)
        return (off64_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
    return argument_read(&at, offset, sizeof at) ? at : -1;
}

static bool advance(int fd, off64_t *offset, off64_t to)
{
    return offset != NULL ? argument_write(offset, &to, sizeof to) : syscall(SYS_lseek, fd, to, SEEK_SET) >= 0;
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
        if (*result > 0 && (!advance(in, in_offset, from + *result) || !advance(out, out_offset, to + *result)))
            *result = guard_answer(EFAULT);
    } else {
        *result = guard_answer(verdict);
    }
    return true;
}
