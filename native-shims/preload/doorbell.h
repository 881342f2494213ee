/* post_send of a user-space provider: no work requests, only "look at this queue pair's ring". */
#ifndef DAXEMU_PRELOAD_DOORBELL_H
#define DAXEMU_PRELOAD_DOORBELL_H

#include "session.h"

#include <stdbool.h>

/* True when the bytes of a write(2) are that command. */
bool doorbell_is(const void *bytes, size_t length);

/*
 * Rings. Returns length, or -1 with EINVAL for a queue pair that cannot send in its state. Allocates nothing and takes no lock; makes a
 * system call only when the daemon's worker sleeps.
 */
ssize_t doorbell_ring(struct session *session, const void *bytes, size_t length);

#endif
