#include "memory.h"
#include "arena.h"
#include "backing.h"
#include "debug.h"
#include "libc.h"

#include <errno.h>
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

static bool on_own_stack(const struct vma *vma)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return strcmp(vma->name, "[stack]") == 0 || (here >= vma->start && here < vma->end);
}

/* Why private memory cannot be moved; NULL when it can. */
static const char *obstacle(const struct vma *vma)
{
    if ((vma->protection & PROT_READ) == 0)
        return "it cannot be read";
    if ((vma->protection & PROT_EXEC) != 0)
        return "it is executable";
    if (on_own_stack(vma))
        return "it is the stack of the thread that registers it: use memory from malloc(3) or mmap(2)";
    if (strncmp(vma->name, "[v", 2) == 0)
        return "it belongs to the kernel";
    if (strcmp(vma->name, "/anon_hugepage (deleted)") == 0)
        return "it is in huge pages of its own: map them MAP_SHARED from a file of a hugetlbfs";
    return NULL;
}

static int move(const struct vma *vma, uintptr_t start, uintptr_t end, int *arena)
{
    const char *why = obstacle(vma);
    if (why != NULL) {
        debug("[%lx, %lx) (%s) cannot be registered: %s", start, end, *vma->name != '\0' ? vma->name : "anonymous", why);
        return EOPNOTSUPP;
    }

    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    start &= ~(page - 1);
    end = (end + page - 1) & ~(page - 1);
    if (start < vma->start)
        start = vma->start;
    if (end > vma->end)
        end = vma->end;
    if (*arena == NO_ARENA)
        *arena = arena_choose(start, end);
    if (*arena == NO_ARENA) {
        debug("[%lx, %lx) cannot be registered: %d regions of memory that was mapped there before are still registered", start, end,
              ARENAS);
        return EOPNOTSUPP;
    }
    int error = arena_move(*arena, vma, start, end);
    if (error != 0)
        debug("[%lx, %lx) cannot be moved into a memory file: %s", start, end, strerror(error));
    return error;
}

/* Moves what is private in the range. */
static int share_all(uintptr_t start, uintptr_t end, int *arena)
{
    struct vma vma;
    for (uintptr_t at = start; at < end; at = vma.end) {
        int error = vma_find(at, &vma);
        if (error != 0 || vma.start > at) {
            debug("[%lx, %lx) cannot be registered: nothing is mapped at %lx", start, end, at);
            return error != 0 && error != ENOENT ? error : EFAULT;
        }
        if (vma.shared) {
            *arena = arena_of(&vma);
            continue;
        }
        error = move(&vma, at, end < vma.end ? end : vma.end, arena);
        if (error != 0)
            return error;
    }
    return 0;
}

/* One segment: the mappings of the range are of one file, and neighbours there too. */
static int describe(uintptr_t start, uintptr_t end, struct daxemu_segment *segment, struct vma *first)
{
    struct vma vma;
    int error = vma_find(start, first);
    if (error != 0)
        return error;
    *segment = (struct daxemu_segment){
        .address = start,
        .length = end - start,
        .offset = first->offset + (start - first->start),
        .protection = (uint32_t)first->protection,
    };
    for (uintptr_t at = first->end; at < end; at = vma.end) {
        error = vma_find(at, &vma);
        if (error != 0)
            return error;
        if (vma.start > at || !vma.shared || vma.inode != first->inode || vma.device != first->device
            || vma.offset != first->offset + (vma.start - first->start)) {
            debug("[%lx, %lx) cannot be registered: another file, or another part of one, begins at %lx", start, end, at);
            return EOPNOTSUPP;
        }
        segment->protection &= (uint32_t)vma.protection;
    }
    return 0;
}

static int find(uintptr_t start, uintptr_t end, bool writes, struct registered_memory *memory)
{
    struct vma vma;
    int error = share_all(start, end, &memory->arena);
    if (error == 0)
        error = describe(start, end, &memory->segment, &vma);
    if (error != 0)
        return error;

    memory->arena = arena_of(&vma);
    if (memory->arena != NO_ARENA) {
        memory->fd = arena_descriptor(memory->arena);
        memory->owns_fd = false;
        arena_sweep(memory->arena);
        return 0;
    }
    memory->owns_fd = true;
    return backing_open(&vma, writes, &memory->fd, &memory->segment.flags);
}

int memory_find(uint64_t start, uint64_t length, bool writes, struct registered_memory *memory)
{
    if (length == 0 || start + length < start)
        return EINVAL;
    *memory = (struct registered_memory){ .fd = -1, .arena = NO_ARENA };
    memory_lock();
    int error = find(start, start + length, writes, memory);
    memory_unlock();
    return error;
}
