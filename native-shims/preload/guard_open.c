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

int guard_open_proof(const char *path)
{
    if (!guard_may_hold_path(AT_FDCWD, path, 0))
        return -1;
    int saved = errno;
    int fd = raw_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    errno = saved;
    return fd;
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

/* What fopen(3) makes of its mode; false when it cuts nothing. */
static bool cutting_flags(const char *mode, int *flags)
{
    if (*mode != 'w')
        return false;
    *flags = O_WRONLY | O_CREAT | O_TRUNC;
    for (const char *at = mode + 1; *at != '\0' && *at != ','; at++) {
        if (*at == '+')
            *flags = (*flags & ~O_ACCMODE) | O_RDWR;
        else if (*at == 'x')
            *flags |= O_EXCL;
        else if (*at == 'e')
            *flags |= O_CLOEXEC;
    }
    return true;
}

bool guard_open_stream(const char *path, const char *mode, FILE *replaced, FILE **result)
{
    int flags, fd;
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
    if (!guard_open_truncating(AT_FDCWD, path, flags, 0666, &fd))
        return false;

    /* libc opens by path alone: it gets one that does no harm, and then the file under its number. One without a name fails as the file did. */
    int error = errno;
    const char *harmless = fd < 0 ? "" : "/dev/null";
    FILE *stream = replaced != NULL ? REAL(freopen)(harmless, mode, replaced) : fd < 0 ? NULL : REAL(fopen)(harmless, mode);
    if (stream != NULL)
        syscall(SYS_dup3, fd, fileno(stream), flags & O_CLOEXEC);
    if (fd >= 0)
        guard_close(fd);
    else
        errno = error;
    *result = stream;
    return true;
}
