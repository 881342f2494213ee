/*
 * Calls that change memory in place. Memory that was moved into an arena is the program's private memory still, and must do as that would,
 * were it pinned for the device: it gets other pages, and the device keeps those that it had.
 *
 * They take no lock under which anything is allocated, as an allocator may call them with its own held: what they change is the caller's.
 */
#include "arena.h"
#include "guard_remove.h"
#include "libc.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Since Linux 5.18 and 5.7: the headers to build with may be older. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define FRESH (MAP_PRIVATE | MAP_ANONYMOUS)

static uintptr_t page_size(void)
{
    return (uintptr_t)sysconf(_SC_PAGESIZE);
}

static uintptr_t to_pages(size_t length)
{
    return (length + page_size() - 1) & ~(page_size() - 1);
}

/* The part of a range that the next mapping there covers; false at the end, or where nothing is mapped. */
static bool next_part(uintptr_t at, uintptr_t end, struct vma *vma, uintptr_t *until)
{
    if (at >= end || vma_find(at, vma) != 0 || vma->start > at)
        return false;
    *until = end < vma->end ? end : vma->end;
    return true;
}

/* Memory was moved there, and all else is private too. */
static bool is_moved(uintptr_t start, uintptr_t end)
{
    bool moved = false;
    struct vma vma;
    uintptr_t at = start;
    for (uintptr_t until; next_part(at, end, &vma, &until); at = until) {
        bool in_arena = arena_of(&vma) != NO_ARENA;
        if (!in_arena && (vma.shared || vma.inode != 0))
            return false;
        moved |= in_arena;
    }
    return moved && at >= end;
}

/* madvise(2) */

/* What was moved becomes pages of zeros. */
static int drop(uintptr_t start, uintptr_t end)
{
    struct vma vma;
    for (uintptr_t at = start; at < end && vma_find(at, &vma) == 0 && vma.start < end; at = vma.end) {
        uintptr_t from = vma.start > start ? vma.start : start, until = end < vma.end ? end : vma.end;
        if (arena_of(&vma) != NO_ARENA
            && raw_mmap((void *)from, until - from, vma.protection, FRESH | MAP_FIXED, -1, 0) == MAP_FAILED)
            return -1;
    }
    return 0;
}

/* MADV_FREE lets the kernel keep pages, as it does with pinned ones: but for those it would refuse ours, as a file's. */
static int advise_around(uintptr_t start, uintptr_t end, int advice)
{
    struct vma vma;
    uintptr_t at = start;
    for (uintptr_t until; next_part(at, end, &vma, &until); at = until) {
        if (arena_of(&vma) == NO_ARENA && REAL(madvise)((void *)at, until - at, advice) != 0)
            return -1;
    }
    if (at >= end)
        return 0;
    errno = ENOMEM;
    return -1;
}

DAXEMU_EXPORT int madvise(void *address, size_t length, int advice)
{
    uintptr_t start = (uintptr_t)address, end = start + to_pages(length);
    bool may_be_moved = start % page_size() == 0 && arena_may_hold(start, end);
    if (may_be_moved && (advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED) && drop(start, end) != 0)
        return -1;
    if (may_be_moved && advice == MADV_FREE)
        return advise_around(start, end, advice);
    if (may_be_moved && advice == MADV_REMOVE && is_moved(start, end)) {
        errno = EINVAL; /* only files can be punched */
        return -1;
    }
    int result;
    if (advice == MADV_REMOVE && guard_remove(address, length, &result))
        return result;
    return REAL(madvise)(address, length, advice);
}

/* process_madvise(2). Of the calls that take pages away, the kernel takes none for another process. */
DAXEMU_EXPORT ssize_t process_madvise(int process, const struct iovec *ranges, size_t count, int advice, unsigned flags)
{
    ssize_t result;
    return advice == MADV_REMOVE && guard_remove_all(process, ranges, count, flags, &result)
               ? result
               : REAL(syscall)(SYS_process_madvise, process, ranges, count, advice, flags);
}

/* mremap(2) */

/* Takes the pages of a range to another, a mapping at a time; leaves pages of zeros behind where they are to stay mapped. */
static uintptr_t take(uintptr_t start, uintptr_t end, uintptr_t to, bool stays_mapped)
{
    struct vma vma;
    uintptr_t at = start;
    for (uintptr_t until; next_part(at, end, &vma, &until); at = until) {
        size_t length = until - at;
        if (syscall(SYS_mremap, at, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, to + (at - start)) == -1)
            break;
        if (stays_mapped)
            raw_mmap((void *)at, length, vma.protection, FRESH | MAP_FIXED, -1, 0);
    }
    return at;
}

static void *fail(int error)
{
    errno = error;
    return MAP_FAILED;
}

/* Into a new mapping. What is beyond the old length there is not the arena's: its pages at those offsets may be anybody's. */
static void *take_all(uintptr_t start, size_t old_length, uintptr_t to, size_t new_length, bool stays_mapped)
{
    arena_displacing(true);
    uintptr_t taken = take(start, start + old_length, to, stays_mapped);
    int error = taken == start + old_length ? 0 : errno;
    if (error == 0)
        arena_displace(to, to + old_length);
    else
        take(to, to + (taken - start), start, false);
    arena_displacing(false);
    if (error == 0)
        return (void *)to;
    munmap((void *)to, new_length);
    return fail(error);
}

static bool grow_in_place(uintptr_t end, size_t more, int protection)
{
    void *added = raw_mmap((void *)end, more, protection, FRESH | MAP_FIXED_NOREPLACE, -1, 0);
    if (added != (void *)end && added != MAP_FAILED)
        munmap(added, more); /* an old kernel took it for a wish */
    return added == (void *)end;
}

static void *remap(uintptr_t start, size_t old_length, size_t new_length, int flags, uintptr_t to)
{
    const int moves = MREMAP_FIXED | MREMAP_DONTUNMAP;
    struct vma last;
    if (start % page_size() != 0 || (flags & ~(MREMAP_MAYMOVE | moves)) != 0 || new_length == 0
        || ((flags & moves) != 0 && (flags & MREMAP_MAYMOVE) == 0) || ((flags & MREMAP_DONTUNMAP) != 0 && old_length != new_length)
        || ((flags & MREMAP_FIXED) != 0 && (to % page_size() != 0 || (to < start + old_length && start < to + new_length))))
        return fail(EINVAL);
    if (vma_find(start + old_length - 1, &last) != 0)
        return fail(EFAULT);

    if (new_length < old_length) {
        if (munmap((void *)(start + new_length), old_length - new_length) != 0)
            return MAP_FAILED;
        old_length = new_length;
    }
    if ((flags & moves) == 0
        && (new_length == old_length || grow_in_place(start + old_length, new_length - old_length, last.protection)))
        return (void *)start;
    if ((flags & MREMAP_MAYMOVE) == 0)
        return fail(ENOMEM);
    int fixed = (flags & MREMAP_FIXED) != 0 ? MAP_FIXED : 0;
    void *place = raw_mmap((void *)to, new_length, last.protection, FRESH | fixed, -1, 0);
    if (place == MAP_FAILED)
        return MAP_FAILED;
    return take_all(start, old_length, (uintptr_t)place, new_length, (flags & MREMAP_DONTUNMAP) != 0);
}

DAXEMU_EXPORT void *mremap(void *address, size_t old_length, size_t new_length, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    void *to = (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0 ? va_arg(arguments, void *) : NULL;
    va_end(arguments);

    uintptr_t start = (uintptr_t)address;
    size_t old_pages = to_pages(old_length);
    if (!arena_may_hold(start, start + old_pages + 1) || !is_moved(start, start + (old_pages != 0 ? old_pages : 1)))
        return REAL(mremap)(address, old_length, new_length, flags, to);
    /* No length: a second mapping of shared memory, which private memory does not have. */
    return old_pages == 0 ? fail(EINVAL) : remap(start, old_pages, to_pages(new_length), flags, (uintptr_t)to);
}

/* realloc(3) */

static void *(*_Atomic next_realloc)(void *, size_t);

DAXEMU_EARLY static void *(*find_next(void))(void *, size_t)
{
    void *(*next)(void *, size_t) = atomic_load_explicit(&next_realloc, memory_order_acquire);
    if (next == NULL) {
        next = REAL(realloc);
        atomic_store_explicit(&next_realloc, next, memory_order_release);
    }
    return next;
}

/* The dynamic linker reallocates too, at moments when it cannot look up a name. */
__attribute__((constructor)) static void find_early(void)
{
    find_next();
}

/* May the allocator enlarge the block by a mremap(2) of its own, as glibc does with blocks of whole pages? */
static bool is_moved_block(void *memory, size_t usable)
{
    struct vma vma;
    return usable >= page_size() / 2 && vma_find((uintptr_t)memory, &vma) == 0 && arena_of(&vma) != NO_ARENA;
}

DAXEMU_EXPORT DAXEMU_EARLY void *realloc(void *memory, size_t length)
{
    uintptr_t start = (uintptr_t)memory;
    if (memory == NULL || !arena_may_hold(start, start + 1))
        return find_next()(memory, length);
    size_t usable = malloc_usable_size(memory);
    if (length <= usable || !is_moved_block(memory, usable))
        return find_next()(memory, length);
    void *larger = malloc(length);
    if (larger != NULL) {
        memcpy(larger, memory, usable);
        free(memory);
    }
    return larger;
}
