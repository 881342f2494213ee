/* mmap(2) of a device file, for those that see one. */
#ifndef DAXEMU_PRELOAD_DEVICE_MAP_H
#define DAXEMU_PRELOAD_DEVICE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* True when these arguments of mmap(2) mean a device file. */
bool is_device_map(int fd, int flags);

/* Returns MAP_FAILED with errno. */
void *map_device(int fd, void *address, size_t length, int protection, int flags, off_t offset);

#endif
