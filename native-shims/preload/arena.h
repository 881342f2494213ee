/*
 * Moving private memory of the program, page by page and in place, into memory files that the daemon can map as well. A page's offset
 * in its file is its address, so neighbours merge into one mapping, and nothing needs to be kept to find a page again. Memory that the
 * program takes to another address later (interpose_memory.c) keeps its offset.
 *
 * There are several files: when the program has unmapped memory that the NIC still reaches, and moves new memory at the same address,
 * the new pages must not be the old ones.
 */
#ifndef DAXEMU_PRELOAD_ARENA_H
#define DAXEMU_PRELOAD_ARENA_H

#include "vma.h"

#define ARENAS 8
#define NO_ARENA (-1)

/* Above every address of a program. Only what is written takes memory. */
#define ARENA_LENGTH (INT64_C(1) << 56)

/* The arena that a mapping is of, or NO_ARENA. */
int arena_of(const struct vma *vma);

/* False when no memory of the range can have been moved. Cheap: for calls that programs make all the time. */
bool arena_may_hold(uintptr_t start, uintptr_t end);

/* Between these two no memory goes to other addresses, but what the caller takes there: who looks at all mappings finds each once. */
void arena_displacing(bool begins);

/* Moved memory has gone to the addresses of the range from others. */
void arena_displace(uintptr_t start, uintptr_t end);

/* True when that has ever been. */
bool arena_has_displaced(void);

/* The first arena in which neither a registered region nor a mapping holds a page of the range, where private memory is; or NO_ARENA. */
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
