/* How the daemon gets at memory that a program registers: as segments of files. */
#ifndef DAXEMU_PRELOAD_MEMORY_H
#define DAXEMU_PRELOAD_MEMORY_H

#include <daxemu/device.h>
#include <stdbool.h>
#include <stdint.h>

struct registered_memory {
    unsigned count;
    struct daxemu_segment segments[DAXEMU_MAX_FDS];
    int fds[DAXEMU_MAX_FDS];    /* to be sent along, one for each segment */
    int arenas[DAXEMU_MAX_FDS]; /* arena.h; NO_ARENA: the descriptor is to be closed afterwards */
};

/*
 * Finds out what backs a range, and moves private pages into an arena; or, where that cannot be done, lets the daemon copy to and from
 * the whole range in this process. Returns 0; or EFAULT (nothing is mapped there), EINVAL,
 * EOPNOTSUPP (memory of a kind that cannot be shared with the daemon, or in too many pieces), or what open(2) gave. debug() says why.
 * memory_release in any case.
 */
int memory_find(uint64_t start, uint64_t length, bool writes, struct registered_memory *memory);

void memory_release(struct registered_memory *memory);

/* For fork(2). */
void memory_lock(void);
void memory_unlock(void);

#endif
