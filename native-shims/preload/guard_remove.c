#include "guard_remove.h"
#include "backing.h"
#include "guard.h"
#include "guard_open.h"
#include "libc.h"
#include "vma.h"

#include <errno.h>
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
    if (backing_open(vma, true, &fd, &flags) != 0 && backing_open(vma, false, &fd, &flags) != 0) {
        errno = saved;
        return punch(start, end);
    }
    errno = saved;
    struct guard_operation operation;
    struct guard_part part = { fd, DAXEMU_GUARD_PUNCH_HOLE, vma->offset + (start - vma->start), end - start };
    int verdict = guard_begin(&operation, part);
    int result = verdict != GUARD_PROCEED ? guard_answer(verdict) : (int)guard_end(&operation, punch(start, end));
    guard_close(fd);
    return result;
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

    /* A mapping at a time, in order, as the kernel goes through them. */
    int saved = errno;
    bool guarded = false;
    *result = 0;
    uintptr_t at = start, waiting = start;
    struct vma vma;
    for (; at < end && vma_find(at, &vma) == 0 && vma.start < end; at = vma.end < end ? vma.end : end) {
        uintptr_t from = vma.start > at ? vma.start : at, until = vma.end < end ? vma.end : end;
        if (!may_hold(&vma))
            continue;
        errno = saved;
        guarded = true;
        if ((waiting < from && (*result = punch(waiting, from)) != 0) || (*result = punch_guarded(&vma, from, until)) != 0)
            return true;
        waiting = until;
    }
    errno = saved;
    if (guarded && waiting < end)
        *result = punch(waiting, end);
    return guarded;
}
