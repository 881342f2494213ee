#include "guard_remove.h"
#include "arguments.h"
#include "backing.h"
#include "guard.h"
#include "guard_open.h"
#include "libc.h"
#include "vma.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>

/* Not by the name madvise, which other libraries turn to code of their own. */
static int punch(uintptr_t start, uintptr_t end)
{
    return (int)REAL(syscall)(SYS_madvise, start, end - start, MADV_REMOVE);
}

/* Punches the part of one mapping that may be of a guarded file. */
static int punch_guarded(const struct vma *vma, uintptr_t start, uintptr_t end)
{
    int fd, saved = errno;
    uint32_t flags = 0;
    /* Who mapped it for writing could open it so once. If that has changed, the daemon goes by who owns the file. */
    int error = backing_open(vma, true, &fd, &flags);
    if (error != 0)
        error = backing_open(vma, false, &fd, &flags);
    errno = saved;
    if (error != 0)
        return guard_is_shortage(error) ? guard_answer(error) : punch(start, end);
    struct guard_operation operation;
    struct guard_part part = { fd, DAXEMU_GUARD_PUNCH_HOLE, vma->offset + (start - vma->start), end - start };
    int verdict = guard_begin(&operation, part);
    int result = verdict != GUARD_PROCEED ? guard_answer(verdict) : (int)guard_end(&operation, punch(start, end));
    guard_close(fd);
    return result;
}

/* Of what no guarded file is behind. False when it ends there. */
static bool punch_others(uintptr_t start, uintptr_t end, bool *unmapped)
{
    int saved = errno;
    if (punch(start, end) == 0)
        return true;
    if (errno != ENOMEM)
        return false;
    errno = saved;
    *unmapped = true;
    return true;
}

static bool may_hold(const struct vma *vma)
{
    return vma->shared && vma->inode != 0 && guard_may_hold_device(vma->device);
}

bool guard_remove(void *address, size_t length, int *result)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)address, end = start + ((length + page - 1) & ~(page - 1));
    if (start % page != 0 || end <= start || !guard_watches())
        return false;

    /* A mapping at a time, in order, as the kernel goes through them. It passes over what is not mapped, and says ENOMEM in the end. */
    int saved = errno, error = 0;
    bool guarded = false, unmapped = false;
    *result = 0;
    uintptr_t at = start, waiting = start;
    struct vma vma;
    for (; at < end && (error = vma_find(at, &vma)) == 0 && vma.start < end; at = vma.end < end ? vma.end : end) {
        uintptr_t from = vma.start > at ? vma.start : at, until = vma.end < end ? vma.end : end;
        if (!may_hold(&vma))
            continue;
        errno = saved;
        guarded = true;
        if ((waiting < from && !punch_others(waiting, from, &unmapped)) || punch_guarded(&vma, from, until) != 0) {
            *result = -1;
            return true;
        }
        waiting = until;
    }
    errno = saved;
    if (guard_is_shortage(error)) {
        *result = guard_answer(error);
        return true;
    }
    if (!guarded)
        return false;
    if (waiting < end && !punch_others(waiting, end, &unmapped))
        *result = -1;
    else if (unmapped)
        *result = guard_answer(ENOMEM);
    return true;
}

bool guard_remove_all(int process, const struct iovec *ranges, size_t count, unsigned flags, ssize_t *result)
{
    /* Asked for nothing, the kernel says whether it would do so at all, which it does only for the calling process. */
    if (!guard_watches() || count > IOV_MAX || REAL(syscall)(SYS_process_madvise, process, ranges, 0, MADV_REMOVE, flags) != 0)
        return false;
    size_t done = 0;
    int removed = 0;
    for (size_t i = 0; i < count && removed == 0; i++) {
        struct iovec range;
        if (!argument_read(&range, &ranges[i], sizeof range)) {
            removed = guard_answer(EFAULT);
            break;
        }
        if (range.iov_len != 0 && !guard_remove(range.iov_base, range.iov_len, &removed))
            removed = (int)REAL(syscall)(SYS_madvise, range.iov_base, range.iov_len, MADV_REMOVE);
        if (removed == 0)
            done += range.iov_len;
    }
    *result = removed == 0 || done != 0 ? (ssize_t)done : -1;
    return true;
}
