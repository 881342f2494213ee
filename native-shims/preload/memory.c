#include "memory.h"
#include "arena.h"
#include "backing.h"
#include "debug.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

void memory_lock(void)
{
    pthread_mutex_lock(&guard);
}

void memory_unlock(void)
{
    pthread_mutex_unlock(&guard);
}

/* The largest guard that is taken for a stack's: glibc's arenas have more between them. */
#define LARGEST_STACK_GUARD (64 * 1024)

/*
 * A stack may not be moved: its thread writes to it all the time, and a child of fork(2) would share it with the parent. Stacks of
 * threads lie above a guard of few pages; what else does is not worth telling apart.
 */
static bool is_stack(const struct vma *vma)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    struct vma below;
    if (strcmp(vma->name, "[stack]") == 0 || (here >= vma->start && here < vma->end))
        return true;
    return vma->inode == 0 && vma->start > 0 && vma_find(vma->start - 1, &below) == 0 && below.end == vma->start
        && below.protection == PROT_NONE && below.inode == 0 && below.end - below.start <= LARGEST_STACK_GUARD;
}

/* Why private memory cannot be moved; NULL when it can. */
static const char *obstacle(const struct vma *vma)
{
    if ((vma->protection & PROT_EXEC) != 0)
        return "it is executable";
    if (is_stack(vma))
        return "it is a stack";
    if (strncmp(vma->name, "/anon_hugepage", strlen("/anon_hugepage")) == 0)
        return "it is in huge pages";
    return NULL;
}

/* Moves pages of one mapping. ENOTSUP: that cannot be done, but the daemon may copy to and from them. */
static int move(const struct vma *vma, uintptr_t start, uintptr_t end)
{
    if ((vma->protection & PROT_READ) == 0 || strncmp(vma->name, "[v", 2) == 0) {
        debug("[%lx, %lx) (%s) cannot be registered: it cannot be read, or belongs to the kernel", start, end, vma->name);
        return EFAULT;
    }
    const char *why = obstacle(vma);
    if (why != NULL) {
        debug("[%lx, %lx) (%s) is not moved: %s", start, end, *vma->name != '\0' ? vma->name : "anonymous", why);
        return ENOTSUP;
    }

    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    start &= ~(page - 1);
    end = (end + page - 1) & ~(page - 1);
    if (start < vma->start)
        start = vma->start;
    if (end > vma->end)
        end = vma->end;
    int arena = arena_choose(start, end);
    if (arena == NO_ARENA) {
        debug("[%lx, %lx) is not moved: %d regions of memory that was mapped there before are still registered", start, end, ARENAS);
        return ENOTSUP;
    }
    int error = arena_move(arena, vma, start, end);
    if (error != 0)
        debug("[%lx, %lx) cannot be moved into a memory file: %s", start, end, strerror(error));
    /* EFBIG: RLIMIT_FSIZE would apply to the memory file. EINVAL: pages of another size, as of a private mapping of a hugetlbfs. */
    return error == EFBIG || error == EINVAL ? ENOTSUP : error;
}

/* Moves what is private in the range. */
static int share_all(uintptr_t start, uintptr_t end)
{
    struct vma vma;
    for (uintptr_t at = start; at < end; at = vma.end) {
        int error = vma_find(at, &vma);
        if (error != 0 || vma.start > at) {
            debug("[%lx, %lx) cannot be registered: nothing is mapped at %lx", start, end, at);
            return error != 0 && error != ENOENT ? error : EFAULT;
        }
        if (!vma.shared)
            error = move(&vma, at, end < vma.end ? end : vma.end);
        if (error != 0)
            return error;
    }
    return 0;
}

/*
 * A file that has, or had, a name is the contract's business, which copying would go around; memory that merely looks like one, and is
 * reached by nothing but its mappings, is not.
 */
static bool may_lend(uintptr_t start, uintptr_t end)
{
    static const char *const nameless[] = { "/dev/zero (deleted)", "/SYSV", "/memfd:", "/anon_hugepage" };
    struct vma vma;
    for (uintptr_t at = start; at < end; at = vma.end) {
        if (vma_find(at, &vma) != 0 || vma.start > at)
            return false;
        bool known = !vma.shared || arena_of(&vma) != NO_ARENA;
        for (size_t i = 0; !known && i < sizeof nameless / sizeof *nameless; i++)
            known = strncmp(vma.name, nameless[i], strlen(nameless[i])) == 0;
        if (!known) {
            debug("[%lx, %lx) cannot be registered together with what cannot be moved: it is of %s", vma.start, vma.end, vma.name);
            return false;
        }
    }
    return true;
}

/* Gives the daemon /proc/self/mem, for the range as it is. */
static int lend(uintptr_t start, uintptr_t end, struct registered_memory *memory)
{
    uint32_t protection = PROT_READ | PROT_WRITE;
    struct vma vma;
    for (uintptr_t at = start; at < end; at = vma.end) {
        int error = vma_find(at, &vma);
        if (error != 0 || vma.start > at)
            return EFAULT;
        protection &= (uint32_t)vma.protection;
    }

    int fd = raw_open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        debug("[%lx, %lx) cannot be registered: open(\"/proc/self/mem\"): %s", start, end, strerror(error));
        return EOPNOTSUPP;
    }
    memory->count = 1;
    memory->fds[0] = fd;
    memory->arenas[0] = NO_ARENA;
    memory->segments[0] = (struct daxemu_segment){
        .address = start,
        .length = end - start,
        .offset = start,
        .protection = protection,
        .flags = DAXEMU_SEGMENT_PROCESS,
    };
    return 0;
}

/* Where a segment and its descriptor go; NULL when there are too many. */
static struct daxemu_segment *add_segment(struct registered_memory *memory, int fd, int arena)
{
    if (memory->count == DAXEMU_MAX_FDS)
        return NULL;
    memory->fds[memory->count] = fd;
    memory->arenas[memory->count] = arena;
    return &memory->segments[memory->count++];
}

/* Describes the pieces of a mapping that are neighbours in memory and in the file as one segment. */
static int describe(uintptr_t start, uintptr_t end, bool writes, struct registered_memory *memory)
{
    struct vma vma, before = { .end = 0 };
    struct daxemu_segment *segment = NULL;
    for (uintptr_t at = start; at < end; at = vma.end) {
        int error = vma_find(at, &vma);
        if (error != 0)
            return error;
        if (vma.start > at || !vma.shared)
            return EFAULT; /* changed just now, by another thread */
        uintptr_t until = end < vma.end ? end : vma.end;
        if (segment != NULL && vma.inode == before.inode && vma.device == before.device
            && vma.offset == before.offset + (vma.start - before.start)) {
            segment->length = until - segment->address;
            segment->protection &= (uint32_t)vma.protection;
            continue;
        }

        uint32_t flags = 0;
        int arena = arena_of(&vma), fd = arena == NO_ARENA ? -1 : arena_descriptor(arena);
        if (arena == NO_ARENA && (error = backing_open(&vma, writes, &fd, &flags)) != 0)
            return error;
        segment = add_segment(memory, fd, arena);
        if (segment == NULL) {
            debug("[%lx, %lx) has more than %d pieces", start, end, DAXEMU_MAX_FDS);
            if (arena == NO_ARENA)
                raw_close(fd);
            return ENOTSUP;
        }
        *segment = (struct daxemu_segment){
            .address = at,
            .length = until - at,
            .offset = vma.offset + (at - vma.start),
            .protection = (uint32_t)vma.protection,
            .flags = flags,
        };
        before = vma;
    }
    return 0;
}

static void sweep(const struct registered_memory *memory)
{
    bool swept[ARENAS] = { false };
    for (unsigned i = 0; i < memory->count; i++) {
        int arena = memory->arenas[i];
        if (arena != NO_ARENA && !swept[arena])
            arena_sweep(arena);
        if (arena != NO_ARENA)
            swept[arena] = true;
    }
}

int memory_find(uint64_t start, uint64_t length, bool writes, struct registered_memory *memory)
{
    memory->count = 0;
    if (length == 0 || start + length < start)
        return EINVAL;
    memory_lock();
    int error = share_all(start, start + length);
    if (error == 0)
        error = describe(start, start + length, writes, memory);
    if (error == 0)
        sweep(memory);
    if (error == ENOTSUP && may_lend(start, start + length)) {
        memory_release(memory);
        error = lend(start, start + length, memory);
    }
    memory_unlock();
    return error;
}

void memory_release(struct registered_memory *memory)
{
    for (unsigned i = 0; i < memory->count; i++) {
        if (memory->arenas[i] == NO_ARENA)
            raw_close(memory->fds[i]);
    }
    memory->count = 0;
}
