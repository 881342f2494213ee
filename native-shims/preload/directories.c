#include "directories.h"
#include "libc.h"
#include "nodes.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Together with the mark, no memory file of the program's own looks like this. */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
static const char mark[] = "daxemu directory ";

int directory_open(const char *path, int flags)
{
    int fd = memfd_create("daxemu-directory", MFD_ALLOW_SEALING | ((flags & O_CLOEXEC) != 0 ? MFD_CLOEXEC : 0));
    if (fd < 0)
        return -1;
    size_t bytes = strlen(path);
    if (pwrite(fd, mark, sizeof mark - 1, 0) != sizeof mark - 1 || pwrite(fd, path, bytes, sizeof mark - 1) != (ssize_t)bytes
        || syscall(SYS_fcntl, fd, F_ADD_SEALS, SEALS) != 0) {
        raw_close(fd);
        errno = ENOMEM;
        return -1;
    }
    return fd;
}

bool directory_path(int fd, char *path, size_t size)
{
    int saved = errno;
    bool ours = false;
    if (syscall(SYS_fcntl, fd, F_GET_SEALS) == SEALS) {
        char found[sizeof mark];
        ssize_t length = pread(fd, path, size - 1, sizeof mark - 1);
        ours = length > 0 && pread(fd, found, sizeof mark - 1, 0) == sizeof mark - 1
            && memcmp(found, mark, sizeof mark - 1) == 0;
        path[ours ? length : 0] = '\0';
    }
    errno = saved;
    return ours;
}

const char *directory_entry(const char *list, const char *directory, struct dirent *entry)
{
    size_t bytes = strcspn(list, "\n");
    if (bytes == 0)
        return NULL;

    bool is_directory = list[bytes - 1] == '/';
    size_t name = bytes - is_directory;
    if (name >= sizeof entry->d_name)
        name = sizeof entry->d_name - 1;
    memset(entry, 0, offsetof(struct dirent, d_name));
    memcpy(entry->d_name, list, name);
    entry->d_name[name] = '\0';
    entry->d_type = is_directory ? DT_DIR : DT_UNKNOWN;
    entry->d_reclen = sizeof *entry;
    entry->d_ino = node_inode(directory) ^ node_inode(entry->d_name);
    return list + bytes + (list[bytes] != '\0');
}

struct stream {
    struct stream *next;
    int fd;
    long position; /* in the list; telldir(3)'s */
    struct dirent entry;
    char path[PATH_MAX];
    char list[SYSFS_TEXT];
};

static struct stream *streams;
static pthread_mutex_t streams_guard = PTHREAD_MUTEX_INITIALIZER;

/* How many there are: usually none, and then nobody takes the lock. */
static _Atomic int stream_count;

void streams_lock(void)
{
    pthread_mutex_lock(&streams_guard);
}

void streams_unlock(void)
{
    pthread_mutex_unlock(&streams_guard);
}

DIR *stream_open(const struct node *node, int fd)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    int error = node_list(node, stream->list);
    if (error == 0 && fd < 0) {
        fd = directory_open(node->path, O_CLOEXEC);
        error = fd < 0 ? errno : 0;
    }
    if (error != 0) {
        free(stream);
        errno = error;
        return NULL;
    }

    stream->fd = fd;
    memcpy(stream->path, node->path, sizeof stream->path);
    streams_lock();
    stream->next = streams;
    streams = stream;
    atomic_fetch_add(&stream_count, 1);
    streams_unlock();
    return (DIR *)stream;
}

bool stream_is_ours(DIR *dir)
{
    if (atomic_load_explicit(&stream_count, memory_order_relaxed) == 0)
        return false;
    streams_lock();
    const struct stream *s = streams;
    while (s != NULL && s != (struct stream *)dir)
        s = s->next;
    streams_unlock();
    return s != NULL;
}

struct dirent *stream_read(DIR *dir)
{
    struct stream *stream = (struct stream *)dir;
    const char *at = stream->list + stream->position;
    const char *next = directory_entry(at, stream->path, &stream->entry);
    if (next == NULL)
        return NULL;
    stream->position = next - stream->list;
    stream->entry.d_off = stream->position;
    return &stream->entry;
}

long stream_position(DIR *dir)
{
    return ((struct stream *)dir)->position;
}

void stream_seek(DIR *dir, long position)
{
    struct stream *stream = (struct stream *)dir;
    if (position >= 0 && (size_t)position < sizeof stream->list)
        stream->position = position;
}

int stream_descriptor(DIR *dir)
{
    return ((struct stream *)dir)->fd;
}

int stream_close(DIR *dir)
{
    struct stream *stream = (struct stream *)dir;
    streams_lock();
    struct stream **at = &streams;
    while (*at != NULL && *at != stream)
        at = &(*at)->next;
    if (*at != NULL) {
        *at = stream->next;
        atomic_fetch_sub(&stream_count, 1);
    }
    streams_unlock();
    int fd = stream->fd;
    free(stream);
    return raw_close(fd);
}
