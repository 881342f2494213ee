/* copy_file_range(2) where it may share blocks in place of copying. */
#ifndef DAXEMU_PRELOAD_GUARD_COPY_H
#define DAXEMU_PRELOAD_GUARD_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* *result is its result, with errno. False when this is nothing for the guard: nothing has been done. */
bool guard_copy(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags, ssize_t *result);

#endif
