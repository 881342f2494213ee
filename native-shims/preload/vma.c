#include "vma.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

/* Reads a file of /proc by lines, without malloc(3): the heap may be what is being looked at. */
struct lines {
    int fd;
    size_t start, end;
    char buffer[2 * PATH_MAX];
};

static char *next_line(struct lines *lines)
{
    for (;;) {
        char *line = lines->buffer + lines->start;
        char *newline = memchr(line, '\n', lines->end - lines->start);
        if (newline != NULL) {
            *newline = '\0';
            lines->start = (size_t)(newline + 1 - lines->buffer);
            return line;
        }
        memmove(lines->buffer, line, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
        ssize_t more = read(lines->fd, lines->buffer + lines->end, sizeof lines->buffer - lines->end);
        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            return NULL;
        lines->end += (size_t)more;
    }
}

/* The kernel writes a newline in a name as \012 (seq_file's mangle_path). */
static void copy_name(char *to, const char *from)
{
    size_t length = 0;
    while (*from != '\0' && length < PATH_MAX - 1) {
        if (strncmp(from, "\\012", 4) == 0) {
            to[length++] = '\n';
            from += 4;
        } else {
            to[length++] = *from++;
        }
    }
    to[length] = '\0';
}

static bool range_of(const char *line, uintptr_t *start, uintptr_t *end, char **rest)
{
    char *at;
    *start = strtoull(line, &at, 16);
    if (at == line || *at != '-')
        return false;
    *end = strtoull(at + 1, rest, 16);
    return **rest == ' ';
}

static bool parse(const char *line, struct vma *vma)
{
    char *at;
    if (!range_of(line, &vma->start, &vma->end, &at))
        return false;
    at++;
    vma->protection = (at[0] == 'r' ? PROT_READ : 0) | (at[1] == 'w' ? PROT_WRITE : 0) | (at[2] == 'x' ? PROT_EXEC : 0);
    vma->shared = at[3] == 's';
    vma->offset = strtoull(at + 4, &at, 16);
    unsigned major = (unsigned)strtoul(at, &at, 16);
    unsigned minor = (unsigned)strtoul(at + 1, &at, 16);
    vma->device = makedev(major, minor);
    vma->inode = strtoull(at, &at, 10);
    copy_name(vma->name, at + strspn(at, " "));
    return true;
}

int vma_find(uintptr_t address, struct vma *vma)
{
    struct lines lines = { .fd = raw_open("/proc/self/maps", O_RDONLY | O_CLOEXEC) };
    if (lines.fd < 0)
        return errno;
    int result = ENOENT;
    for (char *line; result != 0 && (line = next_line(&lines)) != NULL;) {
        uintptr_t start, end;
        char *rest;
        if (range_of(line, &start, &end, &rest) && end > address && parse(line, vma))
            result = 0;
    }
    raw_close(lines.fd);
    return result;
}

bool vma_is_sync(const struct vma *vma)
{
    struct lines lines = { .fd = raw_open("/proc/self/smaps", O_RDONLY | O_CLOEXEC) };
    if (lines.fd < 0)
        return false;
    bool here = false, sync = false;
    for (char *line; (line = next_line(&lines)) != NULL;) {
        uintptr_t start, end;
        char *rest;
        if (range_of(line, &start, &end, &rest)) {
            here = start <= vma->start && end > vma->start;
        } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
            sync = strstr(line, " sf") != NULL;
            break;
        }
    }
    raw_close(lines.fd);
    return sync;
}
