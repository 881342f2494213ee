/* The daemon's files below /sys. Each call asks anew, as reading sysfs asks the driver. */
#ifndef DAXEMU_PRELOAD_SYSFS_H
#define DAXEMU_PRELOAD_SYSFS_H

#include <stddef.h>
#include <sys/types.h>

/* The longest text: sysfs has a page. */
#define SYSFS_TEXT 4096

/*
 * Reads a file, or, when the path ends in '/', lists a directory: a name a line, those of directories with a '/' behind.
 * Returns 0 and a NUL-terminated text; or ENOENT (also without a daemon), EISDIR, ENOTDIR, EINVAL (a file that cannot be read now).
 */
int sysfs_read(const char *path, char text[SYSFS_TEXT], size_t *length);

/* The number of a device file of /dev/infiniband, by its name. Returns 0 or ENOENT. */
int sysfs_device_number(const char *name, dev_t *number);

#endif
