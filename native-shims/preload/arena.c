#include "arena.h"
#include "debug.h"
#include "descriptors.h"
#include "libc.h"
#include "registrations.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

struct arena {
    atomic_int fd; /* -1: not made yet */
    dev_t device;
    ino_t inode;
};

static struct arena arenas[ARENAS] = {
    [0 ... ARENAS - 1] = { .fd = -1 },
};

/* Every address at which moved memory has ever been lies between these. */
static atomic_uintptr_t lowest = UINTPTR_MAX, highest = 0;

/* Whether some of it has gone to other addresses than its offsets. */
static atomic_bool is_displaced;

DAXEMU_EARLY bool arena_may_hold(uintptr_t start, uintptr_t end)
{
    return start < atomic_load_explicit(&highest, memory_order_relaxed) && end > atomic_load_explicit(&lowest, memory_order_relaxed);
}

static void extend_bounds(uintptr_t start, uintptr_t end)
{
    uintptr_t before = atomic_load(&lowest);
    while (start < before && !atomic_compare_exchange_weak(&lowest, &before, start)) {
    }
    before = atomic_load(&highest);
    while (end > before && !atomic_compare_exchange_weak(&highest, &before, end)) {
    }
}

static pthread_mutex_t displacement = PTHREAD_MUTEX_INITIALIZER;

void arena_displacing(bool begins)
{
    if (begins)
        pthread_mutex_lock(&displacement);
    else
        pthread_mutex_unlock(&displacement);
}

void arena_displace(uintptr_t start, uintptr_t end)
{
    atomic_store(&is_displaced, true);
    extend_bounds(start, end);
}

bool arena_has_displaced(void)
{
    return atomic_load(&is_displaced);
}

int arena_descriptor(int arena)
{
    return atomic_load(&arenas[arena].fd);
}

int arena_of(const struct vma *vma)
{
    for (int i = 0; vma->shared && i < ARENAS; i++) {
        if (arena_descriptor(i) >= 0 && vma->inode == arenas[i].inode && vma->device == arenas[i].device)
            return i;
    }
    return NO_ARENA;
}

/* Is a page of the arena between these offsets mapped? That can only be elsewhere: at these addresses there is private memory. */
static bool is_mapped_elsewhere(int arena, uintptr_t start, uintptr_t end)
{
    bool found = false;
    struct vma vma;
    arena_displacing(true);
    for (uintptr_t at = 0; arena_has_displaced() && !found && vma_find(at, &vma) == 0; at = vma.end)
        found = arena_of(&vma) == arena && vma.offset < end && vma.offset + (vma.end - vma.start) > start;
    arena_displacing(false);
    return found;
}

int arena_choose(uintptr_t start, uintptr_t end)
{
    uintptr_t first, last;
    for (int i = 0; i < ARENAS; i++) {
        if (!registrations_overlap(i, start, end, &first, &last) && !is_mapped_elsewhere(i, start, end))
            return i;
    }
    return NO_ARENA;
}

/* The limit applies to memory files too, by a signal. */
static bool is_limited(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < (rlim_t)ARENA_LENGTH;
}

static int make(struct arena *arena)
{
    int fd = memfd_create("daxemu-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return errno;
    struct stat status;
    if (syscall(SYS_ftruncate, fd, ARENA_LENGTH) != 0 || syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0
        || raw_fstat(fd, &status) != 0) {
        int error = errno;
        raw_close(fd);
        return error;
    }
    arena->device = status.st_dev;
    arena->inode = status.st_ino;
    return descriptor_hide(fd, &arena->fd);
}

/*
 * Other threads that write to the pages from here on wait until the returned descriptor is closed. -1 when that cannot be had; without
 * privileges it holds up their own stores only, while system calls on their behalf fail with EFAULT.
 */
static int hold_writers(uintptr_t start, uintptr_t end)
{
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (fd < 0)
        fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (fd < 0)
        return -1;
    struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
    struct uffdio_register range = { .range = { start, end - start }, .mode = UFFDIO_REGISTER_MODE_WP };
    struct uffdio_writeprotect protect = { .range = { start, end - start }, .mode = UFFDIO_WRITEPROTECT_MODE_WP };
    if (REAL(ioctl)(fd, UFFDIO_API, &api) == 0 && REAL(ioctl)(fd, UFFDIO_REGISTER, &range) == 0
        && REAL(ioctl)(fd, UFFDIO_WRITEPROTECT, &protect) == 0)
        return fd;
    raw_close(fd);
    return -1;
}

static int copy_pages(int fd, uintptr_t start, uintptr_t end)
{
    while (start < end) {
        ssize_t written = syscall(SYS_pwrite64, fd, start, end - start, start);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written == 0)
            return ENOSPC;
        if (written > 0)
            start += (uintptr_t)written;
    }
    return 0;
}

/* From the first byte copied to the new mapping nothing of this thread may write to the pages: no malloc(3), no signal handler. */
static int replace(int fd, int protection, uintptr_t start, uintptr_t end)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = copy_pages(fd, start, end);
    if (error == 0
        && raw_mmap((void *)start, end - start, protection, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, (long)start) == MAP_FAILED)
        error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int arena_move(int number, const struct vma *vma, uintptr_t start, uintptr_t end)
{
    if (is_limited())
        return EFBIG;
    struct arena *arena = &arenas[number];
    int error = arena_descriptor(number) < 0 ? make(arena) : 0;
    if (error != 0)
        return error;

    extend_bounds(start, end);
    bool alone = __libc_single_threaded;
    int held = alone ? -1 : hold_writers(start, end);
    if (!alone && held < 0)
        debug("userfaultfd is not available: what other threads write to [%lx, %lx) just now may be lost", start, end);
    error = replace(arena_descriptor(number), vma->protection, start, end);
    if (held >= 0)
        raw_close(held);
    return error;
}

static void make_private(int fd, const struct vma *vma)
{
    size_t length = vma->end - vma->start;
    void *copy = raw_mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return;
    for (size_t done = 0; done < length;) {
        ssize_t bytes = syscall(SYS_pread64, fd, (char *)copy + done, length - done, vma->offset + done);
        if (bytes <= 0)
            break;
        done += (size_t)bytes;
    }
    syscall(SYS_mprotect, copy, length, vma->protection);
    syscall(SYS_mremap, copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, vma->start);
}

void arena_leave_to_parent(void)
{
    /* Another thread, which the child does not have, may have held it. */
    pthread_mutex_init(&displacement, NULL);
    bool any = false;
    for (int i = 0; i < ARENAS; i++)
        any |= arena_descriptor(i) >= 0;
    struct vma vma;
    for (uintptr_t at = 0; any && vma_find(at, &vma) == 0; at = vma.end) {
        int arena = arena_of(&vma);
        if (arena != NO_ARENA)
            make_private(arena_descriptor(arena), &vma);
    }
    for (int i = 0; i < ARENAS; i++)
        descriptor_reveal(&arenas[i].fd);
}
