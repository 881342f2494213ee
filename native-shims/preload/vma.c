#include "vma.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* struct procmap_query of linux/fs.h from Linux 6.11 on: the headers to build with may be older. */
struct procmap_query {
    uint64_t size, query_flags, query_addr;
    uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
    uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
    uint64_t vma_name_addr, build_id_addr;
};

_Static_assert(sizeof(struct procmap_query) == 104, "linux/fs.h");

#define PROCMAP_QUERY _IOWR('f', 17, struct procmap_query)
#define PROCMAP_READABLE 1
#define PROCMAP_WRITABLE 2
#define PROCMAP_EXECUTABLE 4
#define PROCMAP_SHARED 8
#define PROCMAP_COVERING_OR_NEXT 16

/* Asks for the one mapping. Returns 0, ENOENT, or ENOTTY from a kernel that cannot be asked. */
static int query(int fd, uintptr_t address, struct vma *vma)
{
    struct procmap_query q = {
        .size = sizeof q,
        .query_flags = PROCMAP_COVERING_OR_NEXT,
        .query_addr = address,
        .vma_name_size = sizeof vma->name,
        .vma_name_addr = (uintptr_t)vma->name,
    };
    if (syscall(SYS_ioctl, fd, PROCMAP_QUERY, &q) != 0)
        return errno;
    vma->start = q.vma_start;
    vma->end = q.vma_end;
    vma->protection = ((q.vma_flags & PROCMAP_READABLE) != 0 ? PROT_READ : 0) | ((q.vma_flags & PROCMAP_WRITABLE) != 0 ? PROT_WRITE : 0)
        | ((q.vma_flags & PROCMAP_EXECUTABLE) != 0 ? PROT_EXEC : 0);
    vma->shared = (q.vma_flags & PROCMAP_SHARED) != 0;
    vma->offset = q.vma_offset;
    vma->device = makedev(q.dev_major, q.dev_minor);
    vma->inode = q.inode;
    if (q.vma_name_size == 0)
        vma->name[0] = '\0';
    return 0;
}

static int find_in_text(int fd, uintptr_t address, struct vma *vma)
{
    struct lines lines = { .fd = fd };
    for (char *line; (line = next_line(&lines)) != NULL;) {
        uintptr_t start, end;
        char *rest;
        if (range_of(line, &start, &end, &rest) && end > address && parse(line, vma))
            return 0;
    }
    return ENOENT;
}

int vma_find_in_text(uintptr_t address, struct vma *vma)
{
    int fd = raw_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int result = find_in_text(fd, address, vma);
    raw_close(fd);
    return result;
}

int vma_find(uintptr_t address, struct vma *vma)
{
    int fd = raw_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int result = query(fd, address, vma);
    if (result != 0 && result != ENOENT)
        result = find_in_text(fd, address, vma);
    raw_close(fd);
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
