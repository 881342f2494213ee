/* The ioctl(2)s that change which blocks lie under a file's bytes. */
#ifndef DAXEMU_PRELOAD_GUARD_IOCTLS_H
#define DAXEMU_PRELOAD_GUARD_IOCTLS_H

#include <stdbool.h>

/* *result is its result, with errno. False when this is nothing for the guard: nothing has been done. */
bool guard_ioctl(int fd, unsigned long request, void *argument, int *result);

#endif
