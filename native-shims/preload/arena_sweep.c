/* Memory of arenas that nothing can reach any more. */
#include "arena.h"
#include "libc.h"
#include "registrations.h"

#include <fcntl.h>
#include <linux/falloc.h>

/* A sweep looks at the whole address space: not worth it for less. */
#define LEAST_SWEEP (UINT64_C(64) << 20)

/* Mappings at other addresses than their offsets. When there are more, nothing is given back. */
#define MOST_DISPLACED 64

static uint64_t sweep_at[ARENAS] = { [0 ... ARENAS - 1] = LEAST_SWEEP };

/* With the lock of memory.h held. */
static struct {
    unsigned count;
    struct {
        uintptr_t start, end;
    } offsets[MOST_DISPLACED + 1];
} displaced;

/* The lowest part of the offsets that a region or a displaced mapping holds. */
static bool is_held(int arena, uintptr_t start, uintptr_t end, uintptr_t *first, uintptr_t *last)
{
    bool found = registrations_overlap(arena, start, end, first, last);
    for (unsigned i = 0; i < displaced.count; i++) {
        if (displaced.offsets[i].start >= end || displaced.offsets[i].end <= start || (found && displaced.offsets[i].start >= *first))
            continue;
        *first = displaced.offsets[i].start;
        *last = displaced.offsets[i].end;
        found = true;
    }
    return found;
}

static void give_back(int arena, uintptr_t start, uintptr_t end)
{
    while (start < end) {
        uintptr_t first = end, last = end;
        if (!is_held(arena, start, end, &first, &last))
            first = last = end;
        if (first > start)
            syscall(SYS_fallocate, arena_descriptor(arena), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, first - start);
        start = last;
    }
}

static uint64_t used(int arena)
{
    struct stat status;
    return raw_fstat(arena_descriptor(arena), &status) == 0 ? (uint64_t)status.st_blocks * 512 : 0;
}

static void find_displaced(int arena)
{
    struct vma vma;
    displaced.count = 0;
    for (uintptr_t at = 0; arena_has_displaced() && displaced.count <= MOST_DISPLACED && vma_find(at, &vma) == 0; at = vma.end) {
        if (arena_of(&vma) != arena || vma.offset == vma.start)
            continue;
        displaced.offsets[displaced.count].start = vma.offset;
        displaced.offsets[displaced.count].end = vma.offset + (vma.end - vma.start);
        displaced.count++;
    }
}

void arena_sweep(int number)
{
    if (used(number) < sweep_at[number])
        return;

    arena_displacing(true);
    find_displaced(number);
    if (displaced.count <= MOST_DISPLACED) {
        uintptr_t unreachable = 0;
        struct vma vma;
        for (uintptr_t at = 0; vma_find(at, &vma) == 0; at = vma.end) {
            if (arena_of(&vma) != number || vma.offset != vma.start)
                continue;
            give_back(number, unreachable, vma.start);
            unreachable = vma.end;
        }
        off_t data = lseek(arena_descriptor(number), (off_t)unreachable, SEEK_DATA);
        if (data >= 0)
            give_back(number, unreachable, (uintptr_t)ARENA_LENGTH);
    }
    arena_displacing(false);
    uint64_t now = 2 * used(number);
    sweep_at[number] = now > LEAST_SWEEP ? now : LEAST_SWEEP;
}
