/* Calls that take a descriptor, or make one. */
#include "descriptors.h"
#include "device_map.h"
#include "doorbell.h"
#include "guard_ioctls.h"
#include "libc.h"
#include "manager.h"
#include "paths.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/netlink.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_cm.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* <fcntl.h> maps these to the plain names where off_t has 64 bits; programs are linked against either. */
int fcntl64(int fd, int command, ...);

/*
 * libibverbs asks the kernel's RDMA netlink first, where it would learn of the host's own devices; it reads sysfs only when there is
 * none.
 */
DAXEMU_EXPORT int socket(int domain, int type, int protocol)
{
    if (domain == AF_NETLINK && protocol == NETLINK_RDMA && !paths_are_the_hosts()) {
        errno = EPROTONOSUPPORT;
        return -1;
    }
    return REAL(socket)(domain, type, protocol);
}

static int ioctl_device(int fd, void *argument)
{
    struct session *session = descriptor_session(fd, DESCRIPTOR_DEVICE);
    if (session == NULL) {
        errno = EBADF;
        return -1;
    }
    int result = session_ioctl(session, fd, argument);
    session_release(session);
    return result;
}

DAXEMU_EXPORT int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);

    /* The others, such as FIOCLEX, are the kernel's own for every descriptor. */
    int result;
    if ((uint32_t)request != RDMA_VERBS_IOCTL)
        return guard_ioctl(fd, request, argument, &result) ? result : REAL(ioctl)(fd, request, argument);
    const struct descriptor *d = descriptor_find(fd);
    if (d != NULL && d->kind == DESCRIPTOR_DEVICE)
        return ioctl_device(fd, argument);
    enum arrival arrival = d == NULL ? session_adopt(fd) : ARRIVAL_OTHER;
    if (arrival == ARRIVAL_OTHER)
        return REAL(ioctl)(fd, request, argument);
    if (arrival == ARRIVAL_ADOPTED)
        return ioctl_device(fd, argument);
    errno = EOPNOTSUPP;
    return -1;
}

static ssize_t write_device(int fd, const void *bytes, size_t length)
{
    struct session *session = descriptor_session(fd, DESCRIPTOR_DEVICE);
    if (session == NULL) {
        errno = EBADF;
        return -1;
    }
    ssize_t result = session_write(session, fd, bytes, length);
    session_release(session);
    return result;
}

static ssize_t write_manager(int fd, const void *bytes, size_t length)
{
    struct session *session = descriptor_session(fd, DESCRIPTOR_MANAGER);
    if (session == NULL) {
        errno = EBADF;
        return -1;
    }
    ssize_t result = manager_write(session, fd, bytes, length);
    session_release(session);
    return result;
}

static bool is_device(const struct descriptor *d)
{
    return d != NULL && (d->kind == DESCRIPTOR_DEVICE || d->kind == DESCRIPTOR_MANAGER);
}

/* A command of uverbs or of rdma_cm. Cheap, and rarely true of what is neither. */
static bool may_be_command(const void *bytes, size_t length)
{
    struct ib_uverbs_cmd_hdr header;
    struct rdma_ucm_cmd_hdr manager;
    if (length < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    memcpy(&manager, bytes, sizeof manager);
    if ((header.command & ~(IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_CMD_COMMAND_MASK)) != 0)
        return false;
    return (header.command & IB_USER_VERBS_CMD_FLAG_EXTENDED) != 0 || (size_t)header.in_words * 4 == length
        || sizeof manager + manager.in == length;
}

DAXEMU_EXPORT ssize_t write(int fd, const void *bytes, size_t length)
{
    const struct descriptor *d = descriptor_find(fd);
    if (d == NULL && may_be_command(bytes, length)) {
        enum arrival arrival = session_adopt(fd);
        if (arrival == ARRIVAL_ADOPTED)
            d = descriptor_find(fd);
        if (arrival == ARRIVAL_FOREIGN) {
            errno = EOPNOTSUPP;
            return -1;
        }
    }
    if (!is_device(d))
        return REAL(write)(fd, bytes, length);
    if (d->kind == DESCRIPTOR_MANAGER)
        return write_manager(fd, bytes, length);
    return doorbell_is(bytes, length) ? doorbell_ring(d->session, bytes, length) : write_device(fd, bytes, length);
}

DAXEMU_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (!is_device(descriptor_find(fd)))
        return REAL(writev)(fd, parts, count);

    /* A character device without write_iter gets each part as a write of its own. */
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t written = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (written < 0)
            return total != 0 ? total : -1;
        total += written;
    }
    return total;
}

void *map_device(int fd, void *address, size_t length, int protection, int flags, off_t offset)
{
    struct session *session = descriptor_session(fd, DESCRIPTOR_DEVICE);
    if (session == NULL) {
        errno = EBADF;
        return MAP_FAILED;
    }
    void *memory = session_mmap(session, fd, address, length, protection, flags, offset);
    session_release(session);
    return memory;
}

bool is_device_map(int fd, int flags)
{
    const struct descriptor *d = (flags & MAP_ANONYMOUS) != 0 ? NULL : descriptor_find(fd);
    return d != NULL && d->kind == DESCRIPTOR_DEVICE;
}

DAXEMU_EXPORT void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    return is_device_map(fd, flags) ? map_device(fd, address, length, protection, flags, offset)
                                    : REAL(mmap)(address, length, protection, flags, fd, offset);
}

DAXEMU_EXPORT void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset)
{
    return is_device_map(fd, flags) ? map_device(fd, address, length, protection, flags, offset)
                                    : REAL(mmap64)(address, length, protection, flags, fd, offset);
}

/* close(2) */

DAXEMU_EXPORT int close(int fd)
{
    const struct descriptor *d = descriptor_find(fd);
    if (d != NULL && descriptors_are_ours()) {
        if (d->kind == DESCRIPTOR_PRIVATE) {
            errno = EBADF;
            return -1;
        }
        descriptor_forget(fd);
    }
    return REAL(close)(fd);
}

/* Closes all numbers in the range but our private ones. */
static int close_around(unsigned first, unsigned last, int flags)
{
    int fd = first > INT32_MAX ? -1 : (int)first;
    while (fd >= 0 && (fd = descriptor_next(fd, last)) >= 0) {
        const struct descriptor *d = descriptor_find(fd);
        if (d != NULL && d->kind == DESCRIPTOR_PRIVATE) {
            if ((unsigned)fd > first && REAL(close_range)(first, (unsigned)fd - 1, flags) != 0)
                return -1;
            first = (unsigned)fd + 1;
        } else {
            descriptor_forget(fd);
        }
        fd++;
    }
    return first <= last ? REAL(close_range)(first, last, flags) : 0;
}

DAXEMU_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    bool closes_here = (flags & (CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)) == 0 && first <= last && descriptors_are_ours();
    return closes_here ? close_around(first, last, flags) : REAL(close_range)(first, last, flags);
}

DAXEMU_EXPORT void closefrom(int first)
{
    if (!descriptors_are_ours() || close_around(first < 0 ? 0 : (unsigned)first, ~0u, 0) != 0)
        REAL(closefrom)(first);
}

/* dup(2) */

static int copied(int old, int new)
{
    if (new >= 0 && new != old && (descriptor_find(old) != NULL || descriptor_find(new) != NULL) && descriptors_are_ours())
        descriptor_copy(old, new);
    return new;
}

static void make_way(int new)
{
    if (descriptor_find(new) != NULL && descriptors_are_ours())
        descriptor_make_way(new);
}

DAXEMU_EXPORT int dup(int fd)
{
    return copied(fd, REAL(dup)(fd));
}

DAXEMU_EXPORT int dup2(int old, int new)
{
    if (old != new)
        make_way(new);
    return copied(old, REAL(dup2)(old, new));
}

DAXEMU_EXPORT int dup3(int old, int new, int flags)
{
    if (old != new)
        make_way(new);
    return copied(old, REAL(dup3)(old, new, flags));
}

static int after_fcntl(int fd, int command, int result)
{
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? copied(fd, result) : result;
}

DAXEMU_EXPORT int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return after_fcntl(fd, command, REAL(fcntl)(fd, command, argument));
}

DAXEMU_EXPORT int fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return after_fcntl(fd, command, REAL(fcntl64)(fd, command, argument));
}
