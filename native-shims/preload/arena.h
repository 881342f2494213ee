/*
 * Moving private memory of the program, page by page and in place, into memory files that the daemon can map as well. A page's offset
 * in its file is its address, so neighbours merge into one mapping, and nothing needs to be kept to find a page again.
 *
 * There are several files: when the program has unmapped memory that the NIC still reaches, and moves new memory at the same address,
 * the new pages must not be the old ones.
 */
#ifndef DAXEMU_PRELOAD_ARENA_H
#define DAXEMU_PRELOAD_ARENA_H

#include "vma.h"

#define ARENAS 8
#define NO_ARENA (-1)

/* The arena that a mapping is of, or NO_ARENA. */
int arena_of(const struct vma *vma);

/* The first arena in which no registered region holds a page of the range, or NO_ARENA. */
int arena_choose(uintptr_t start, uintptr_t end);

/*
 * Moves whole pages of one private mapping. Returns 0 or an errno, and then nothing has changed. What other threads write meanwhile is
 * kept where userfaultfd(2) is allowed; the caller's own stack must not be among the pages.
 */
int arena_move(int arena, const struct vma *vma, uintptr_t start, uintptr_t end);

/* The memory file; stays the arena's. */
int arena_descriptor(int arena);

/* Gives back the pages that neither the program nor a registered region can reach any more, when much has been moved since the last time. */
void arena_sweep(int arena);

/* In a child of fork(2): makes what was moved private again, as the kernel copies pinned pages for a child. */
void arena_leave_to_parent(void);

#endif
