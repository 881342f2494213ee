/* Calls that change which blocks lie under a file's bytes. */
#include "guard.h"
#include "guard_copy.h"
#include "guard_open.h"
#include "libc.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <unistd.h>

/* Since Linux 6.17: the headers to build with may be older. */
#ifndef FALLOC_FL_WRITE_ZEROES
#define FALLOC_FL_WRITE_ZEROES 0x80
#endif

/* truncate(2). A negative length is the kernel's to refuse. */

#define FTRUNCATE(name)                                                                                                  \
    DAXEMU_EXPORT int name(int fd, off_t length)                                                                         \
    {                                                                                                                    \
        struct guard_operation operation;                                                                                \
        struct guard_part part = { .fd = fd, .kind = DAXEMU_GUARD_TRUNCATE, .offset = (uint64_t)length };                \
        if (length < 0)                                                                                                  \
            return REAL(name)(fd, length);                                                                               \
        int verdict = guard_begin(&operation, part);                                                                     \
        return verdict != GUARD_PROCEED ? guard_answer(verdict) : (int)guard_end(&operation, REAL(name)(fd, length));    \
    }

FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

/* Through a descriptor, so that what is cut is what was asked for, whatever becomes of the name. */
#define TRUNCATE(name)                                                       \
    DAXEMU_EXPORT int name(const char *path, off_t length)                   \
    {                                                                        \
        int fd = -1, error = length < 0 ? 0 : guard_open_proof(path, &fd);   \
        if (error != 0)                                                      \
            return guard_answer(error);                                      \
        if (fd < 0)                                                          \
            return REAL(name)(path, length);                                 \
        int result = ftruncate(fd, length);                                  \
        guard_close(fd);                                                     \
        return result;                                                       \
    }

TRUNCATE(truncate)
TRUNCATE(truncate64)

/* fallocate(2). Allocating blocks takes none away; unsharing gives the bytes others. */

static uint32_t kind_of(int mode)
{
    switch (mode & ~FALLOC_FL_KEEP_SIZE) {
    case FALLOC_FL_PUNCH_HOLE:
        return DAXEMU_GUARD_PUNCH_HOLE;
    case FALLOC_FL_ZERO_RANGE:
    case FALLOC_FL_WRITE_ZEROES:
        return DAXEMU_GUARD_ZERO_RANGE;
    case FALLOC_FL_COLLAPSE_RANGE:
        return DAXEMU_GUARD_COLLAPSE_RANGE;
    case FALLOC_FL_INSERT_RANGE:
        return DAXEMU_GUARD_INSERT_RANGE;
    case FALLOC_FL_UNSHARE_RANGE:
        return DAXEMU_GUARD_EXCHANGE;
    default:
        return 0;
    }
}

#define FALLOCATE(name)                                                                                                          \
    DAXEMU_EXPORT int name(int fd, int mode, off_t offset, off_t length)                                                         \
    {                                                                                                                            \
        struct guard_operation operation;                                                                                        \
        struct guard_part part = { .fd = fd, .kind = kind_of(mode), .offset = (uint64_t)offset, .length = (uint64_t)length };    \
        if (part.kind == 0 || offset < 0 || length <= 0)                                                                         \
            return REAL(name)(fd, mode, offset, length);                                                                         \
        int verdict = guard_begin(&operation, part);                                                                             \
        return verdict != GUARD_PROCEED ? guard_answer(verdict)                                                                  \
                                        : (int)guard_end(&operation, REAL(name)(fd, mode, offset, length));                      \
    }

FALLOCATE(fallocate)
FALLOCATE(fallocate64)

/* copy_file_range(2) */

DAXEMU_EXPORT ssize_t copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags)
{
    ssize_t result;
    return guard_copy(in, in_offset, out, out_offset, length, flags, &result)
               ? result
               : REAL(copy_file_range)(in, in_offset, out, out_offset, length, flags);
}
