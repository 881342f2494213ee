/* Opening a file and cutting it to nothing, as two steps with the daemon's answer between them. */
#ifndef DAXEMU_PRELOAD_GUARD_OPEN_H
#define DAXEMU_PRELOAD_GUARD_OPEN_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * open(2) with O_TRUNC of a file that may be guarded. *result is then its result, with errno. False when this is nothing for the guard:
 * nothing has been done.
 */
bool guard_open_truncating(int directory, const char *path, int flags, mode_t mode, int *result);

/*
 * The same for fopen(3), or for freopen(3) with the stream that it replaces. A path of NULL means the stream's file. Nothing is cut before there is
 * a stream.
 */
bool guard_open_stream(const char *path, const char *mode, FILE *replaced, FILE **result);

/*
 * A descriptor of the file at a path by which the daemon sees that this process may write to it; -1 when the guard need not be asked, or the
 * kernel is to refuse. Returns 0, or why nobody can be asked. Keeps errno.
 */
int guard_open_proof(const char *path, int *fd);

/* Closes a descriptor, and keeps errno. */
void guard_close(int fd);

#endif
