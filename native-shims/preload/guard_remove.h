/* madvise(2) MADV_REMOVE: a punch through a mapping. */
#ifndef DAXEMU_PRELOAD_GUARD_REMOVE_H
#define DAXEMU_PRELOAD_GUARD_REMOVE_H

#include <stdbool.h>
#include <stddef.h>

/* *result is its result, with errno. False when this is nothing for the guard: nothing has been done. */
bool guard_remove(void *address, size_t length, int *result);

#endif
