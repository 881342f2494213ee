/* How the daemon gets at memory that a program registers: as a segment of a file. */
#ifndef DAXEMU_PRELOAD_MEMORY_H
#define DAXEMU_PRELOAD_MEMORY_H

#include <daxemu/device.h>
#include <stdbool.h>
#include <stdint.h>

struct registered_memory {
    struct daxemu_segment segment;
    int fd;        /* to be sent along */
    bool owns_fd;  /* close it afterwards */
    int arena;     /* arena.h */
};

/*
 * Finds out what backs a range, and moves private pages into an arena. Returns 0; or EFAULT (nothing is mapped there), EINVAL,
 * EOPNOTSUPP (memory of a kind that cannot be shared with the daemon, or of more than one file), or what open(2) gave. debug() says why.
 */
int memory_find(uint64_t start, uint64_t length, bool writes, struct registered_memory *memory);

/* For fork(2). */
void memory_lock(void);
void memory_unlock(void);

#endif
