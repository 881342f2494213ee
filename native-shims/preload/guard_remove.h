/* madvise(2) MADV_REMOVE: a punch through a mapping. */
#ifndef DAXEMU_PRELOAD_GUARD_REMOVE_H
#define DAXEMU_PRELOAD_GUARD_REMOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* *result is its result, with errno. False when this is nothing for the guard: nothing has been done. */
bool guard_remove(void *address, size_t length, int *result);

/* The same by process_madvise(2), which Linux 6.13 and later take for the calling process. */
bool guard_remove_all(int process, const struct iovec *ranges, size_t count, unsigned flags, ssize_t *result);

#endif
