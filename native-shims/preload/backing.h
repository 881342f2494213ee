/* The file behind a shared mapping. */
#ifndef DAXEMU_PRELOAD_BACKING_H
#define DAXEMU_PRELOAD_BACKING_H

#include "vma.h"

/*
 * Opens the file, with no more rights than the process has. flags: DAXEMU_SEGMENT_*. Returns 0, what open(2) gave, or EOPNOTSUPP for a
 * file that has no name any more and is not open here.
 */
int backing_open(const struct vma *vma, bool writes, int *fd, uint32_t *flags);

#endif
