/* opendir(3), readdir(3) and scandir(3). */
#include "directories.h"
#include "libc.h"
#include "nodes.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "the 64-bit entry points share an implementation");

DAXEMU_EXPORT DIR *opendir(const char *path)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? stream_open(&node, -1) : REAL(opendir)(path);
}

DAXEMU_EXPORT DIR *fdopendir(int fd)
{
    struct node node;
    return node_of(fd, "", &node) ? stream_open(&node, fd) : REAL(fdopendir)(fd);
}

DAXEMU_EXPORT struct dirent *readdir(DIR *stream)
{
    return stream_is_ours(stream) ? stream_read(stream) : REAL(readdir)(stream);
}

DAXEMU_EXPORT struct dirent64 *readdir64(DIR *stream)
{
    return stream_is_ours(stream) ? (struct dirent64 *)stream_read(stream) : REAL(readdir64)(stream);
}

DAXEMU_EXPORT int closedir(DIR *stream)
{
    return stream_is_ours(stream) ? stream_close(stream) : REAL(closedir)(stream);
}

DAXEMU_EXPORT int dirfd(DIR *stream)
{
    return stream_is_ours(stream) ? stream_descriptor(stream) : REAL(dirfd)(stream);
}

DAXEMU_EXPORT void rewinddir(DIR *stream)
{
    if (stream_is_ours(stream))
        stream_seek(stream, 0);
    else
        REAL(rewinddir)(stream);
}

DAXEMU_EXPORT long telldir(DIR *stream)
{
    return stream_is_ours(stream) ? stream_position(stream) : REAL(telldir)(stream);
}

DAXEMU_EXPORT void seekdir(DIR *stream, long position)
{
    if (stream_is_ours(stream))
        stream_seek(stream, position);
    else
        REAL(seekdir)(stream, position);
}

typedef int (*filter)(const struct dirent *);
typedef int (*comparison)(const struct dirent **, const struct dirent **);

static void free_entries(struct dirent **entries, size_t count)
{
    while (count > 0)
        free(entries[--count]);
    free(entries);
}

static int scan(const struct node *node, struct dirent ***result, filter wanted, comparison compare)
{
    char list[SYSFS_TEXT];
    int error = node_list(node, list);
    if (error != 0) {
        errno = error;
        return -1;
    }

    struct dirent **entries = NULL, entry;
    size_t count = 0;
    for (const char *at = list; (at = directory_entry(at, node->path, &entry)) != NULL;) {
        if (wanted != NULL && wanted(&entry) == 0)
            continue;
        struct dirent **more = realloc(entries, (count + 1) * sizeof *entries);
        struct dirent *copy = malloc(sizeof *copy);
        if (more != NULL)
            entries = more;
        if (more == NULL || copy == NULL) {
            free(copy);
            free_entries(entries, count);
            errno = ENOMEM;
            return -1;
        }
        *copy = entry;
        entries[count++] = copy;
    }
    if (compare != NULL && count > 1)
        qsort(entries, count, sizeof *entries, (int (*)(const void *, const void *))compare);
    *result = entries;
    return (int)count;
}

DAXEMU_EXPORT int scandir(const char *path, struct dirent ***result, filter wanted, comparison compare)
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? scan(&node, result, wanted, compare) : REAL(scandir)(path, result, wanted, compare);
}

DAXEMU_EXPORT int scandir64(const char *path, struct dirent64 ***result, int (*wanted)(const struct dirent64 *),
                            int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
    struct node node;
    return node_of(AT_FDCWD, path, &node) ? scan(&node, (struct dirent ***)result, (filter)wanted, (comparison)compare)
                                          : REAL(scandir64)(path, result, wanted, compare);
}
