/* Memory regions that are alive: the NIC may still reach their pages when the program has mapped something else there. */
#ifndef DAXEMU_PRELOAD_REGISTRATIONS_H
#define DAXEMU_PRELOAD_REGISTRATIONS_H

#include <stdbool.h>
#include <stdint.h>

struct session;

/* start, end: offsets in the arena (arena.h) where memory of the region is. */
void registrations_add(const struct session *session, uint32_t handle, int arena, uintptr_t start, uintptr_t end);
void registrations_remove(const struct session *session, uint32_t handle);

/* The session ends, and its regions with it. */
void registrations_forget(const struct session *session);

/* The lowest part of the offsets [start, end) that regions in the arena hold; false when there is none. */
bool registrations_overlap(int arena, uintptr_t start, uintptr_t end, uintptr_t *first, uintptr_t *last);

/* For fork(2): a child has none. */
void registrations_lock(void);
void registrations_unlock(bool in_child);

#endif
