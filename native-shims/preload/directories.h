/*
 * Our directories. A descriptor of one is a sealed memory file that holds the path, so it is recognised after dup(2), fork(2) and in
 * another process without keeping books. A DIR stream of one is our own.
 */
#ifndef DAXEMU_PRELOAD_DIRECTORIES_H
#define DAXEMU_PRELOAD_DIRECTORIES_H

#include "paths.h"

#include <dirent.h>
#include <stddef.h>

/* Makes a descriptor for a directory. Returns -1 with errno. */
int directory_open(const char *path, int flags);

/* The path of one of our directories; false for any other descriptor. Keeps errno. */
bool directory_path(int fd, char *path, size_t size);

/* An entry of node_list as readdir(3) shows it. Returns what follows it, or NULL at the end. */
const char *directory_entry(const char *list, const char *directory, struct dirent *entry);

/* opendir(3) on one of our paths; fdopendir(3) on one of our descriptors, which then is the stream's. */
DIR *stream_open(const struct node *node, int fd);

/* True when the stream is ours: the others are libc's. */
bool stream_is_ours(DIR *stream);

struct dirent *stream_read(DIR *stream);
long stream_position(DIR *stream);
void stream_seek(DIR *stream, long position);
int stream_descriptor(DIR *stream);
int stream_close(DIR *stream);

/* For fork(2). */
void streams_lock(void);
void streams_unlock(void);

#endif
