#include "guard_open.h"
#include "guard.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define LONGEST_NAME sizeof "/proc/self/fd/2147483647"

/* A path that leads to an open file. By hand, as it may be in a signal handler. */
static const char *name_of(int fd, char name[LONGEST_NAME])
{
    char digits[16];
    size_t count = 0, length = strlen("/proc/self/fd/");
    memcpy(name, "/proc/self/fd/", length);
    do
        digits[count++] = (char)('0' + fd % 10);
    while ((fd /= 10) != 0);
    while (count > 0)
        name[length++] = digits[--count];
    name[length] = '\0';
    return name;
}

void guard_close(int fd)
{
    int saved = errno;
    raw_close(fd);
    errno = saved;
}

int guard_open_proof(const char *path, int *fd)
{
    *fd = -1;
    if (!guard_may_hold_path(AT_FDCWD, path, 0))
        return 0;
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
    int saved = errno;
    *fd = raw_open(path, flags | O_NONBLOCK);
    /* Somebody's lease (fcntl(2) F_SETLEASE): truncate(2) would wait for its end. */
    if (*fd < 0 && errno == EWOULDBLOCK)
        *fd = raw_open(path, flags);
    int error = *fd < 0 && (guard_is_shortage(errno) || errno == EINTR || errno == EWOULDBLOCK) ? errno : 0;
    errno = saved;
    return error;
}

/* Cuts the file if the daemon lets it. Returns 0, or -1 with errno. */
static int cut(int fd)
{
    struct guard_operation operation;
    int verdict = guard_begin(&operation, (struct guard_part){ .fd = fd, .kind = DAXEMU_GUARD_OPEN_TRUNCATE });
    return verdict != GUARD_PROCEED ? guard_answer(verdict) : (int)guard_end(&operation, REAL(ftruncate)(fd, 0));
}

bool guard_open_truncating(int directory, const char *path, int flags, mode_t mode, int *result)
{
    const int new_file = O_CREAT | O_EXCL;
    bool cuts = (flags & (O_TRUNC | O_PATH)) == O_TRUNC && (flags & O_TMPFILE) != O_TMPFILE && (flags & new_file) != new_file;
    if (!cuts || !guard_may_hold_path(directory, path, (flags & O_NOFOLLOW) != 0 ? AT_SYMLINK_NOFOLLOW : 0))
        return false;

    int fd = (int)syscall(SYS_openat, directory, path, flags & ~O_TRUNC, mode);
    *result = fd;
    if (fd < 0)
        return true;
    int through = fd;
    if ((flags & O_ACCMODE) == O_RDONLY) {
        /* The kernel asks for the right to write, and cuts. */
        char name[LONGEST_NAME];
        through = raw_open(name_of(fd, name), O_WRONLY | O_CLOEXEC);
    }
    if (through < 0 || cut(through) != 0) {
        guard_close(fd);
        *result = -1;
    }
    if (through >= 0 && through != fd)
        guard_close(through);
    return true;
}

/* What fopen(3) makes of its mode; false when it cuts nothing, as 'x' does not. */
static bool cutting_flags(const char *mode, int *flags)
{
    if (*mode != 'w' || memchr(mode, 'x', strcspn(mode, ",")) != NULL)
        return false;
    *flags = O_WRONLY | O_CREAT | O_TRUNC;
    for (const char *at = mode + 1; *at != '\0' && *at != ','; at++) {
        if (*at == '+')
            *flags = (*flags & ~O_ACCMODE) | O_RDWR;
        else if (*at == 'e')
            *flags |= O_CLOEXEC;
    }
    return true;
}

/* Keeps errno. One that was reopened ends as when that fails in libc: a path without a name does. */
static void close_stream(FILE *stream, bool reopened)
{
    int error = errno;
    if (reopened)
        REAL(freopen)("", "w", stream);
    else
        fclose(stream);
    errno = error;
}

/* Of the file that is open. By libc, which opens by path alone, of one that does no harm, and then this one under its number. */
static FILE *stream_by_path(int fd, const char *mode, int flags, FILE *replaced)
{
    const char *harmless = "/dev/null";
    FILE *stream = replaced != NULL ? REAL(freopen)(harmless, mode, replaced) : REAL(fopen)(harmless, mode);
    if (stream == NULL || syscall(SYS_dup3, fd, fileno(stream), flags & O_CLOEXEC) >= 0)
        return stream;
    close_stream(stream, replaced != NULL);
    return NULL;
}

bool guard_open_stream(const char *path, const char *mode, FILE *replaced, FILE **result)
{
    int flags;
    char name[LONGEST_NAME];
    if (!cutting_flags(mode, &flags) || !guard_watches())
        return false;
    if (path == NULL && replaced != NULL && fileno(replaced) >= 0) {
        path = name_of(fileno(replaced), name);
        flags &= ~O_CREAT;
    }
    if (path == NULL || !guard_may_hold_path(AT_FDCWD, path, 0))
        return false;
    if (replaced != NULL)
        fflush(replaced); /* what was written before goes before the cut */

    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags & ~O_TRUNC, 0666);
    *result = NULL;
    if (fd < 0) {
        if (replaced != NULL)
            close_stream(replaced, true);
        return true;
    }
    /* fdopen(3) knows of no character sets. */
    bool by_path = replaced != NULL || strchr(mode, ',') != NULL;
    FILE *stream = by_path ? stream_by_path(fd, mode, flags, replaced) : fdopen(fd, mode);
    if (stream != NULL && cut(fd) != 0) {
        close_stream(stream, replaced != NULL);
        stream = NULL;
        fd = by_path ? fd : -1;
    }
    if (fd >= 0 && (by_path || stream == NULL))
        guard_close(fd);
    *result = stream;
    return true;
}
