#include "connection.h"
#include "debug.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#define MOST_PARTS 4
#define SYSTEM_SOCKET "/run/daxemu/device.sock"
#define WITHOUT_SESSION "/tmp/daxemu-"
#define CONNECTION_NAME "daxemu-device-"

static bool address_of(const char *path, struct sockaddr_un *address, socklen_t *length)
{
    size_t bytes = strlen(path);
    if (bytes == 0 || bytes >= sizeof address->sun_path)
        return false;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, bytes);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + 1);
    if (*path == '@') {
        /* The abstract namespace: unix(7). */
        address->sun_path[0] = '\0';
        (*length)--;
    }
    return true;
}

/* The socket that DAXEMU_SOCKET names; else the user's own daemon's, then the machine's. False when there is no such candidate. */
static bool candidate(int number, struct sockaddr_un *address, socklen_t *length)
{
    const char *named = getenv("DAXEMU_SOCKET");
    if (named != NULL && *named != '\0')
        return number == 0 && address_of(named, address, length);

    uid_t user = geteuid();
    if (user != 0 && number-- == 0) {
        const char *session = getenv("XDG_RUNTIME_DIR");
        char path[sizeof address->sun_path];
        int written = session != NULL && *session != '\0' ? snprintf(path, sizeof path, "%s/daxemu/device.sock", session)
                                                           : snprintf(path, sizeof path, WITHOUT_SESSION "%u/device.sock", user);
        return (size_t)written < sizeof path && address_of(path, address, length);
    }
    return number == 0 && address_of(SYSTEM_SOCKET, address, length);
}

static bool may_be_anybodys(const struct sockaddr_un *address)
{
    return strncmp(address->sun_path, WITHOUT_SESSION, strlen(WITHOUT_SESSION)) == 0 && getenv("DAXEMU_SOCKET") == NULL;
}

/* Anybody can make a directory in /tmp first: there, only a daemon of the user's own is believed. */
static bool is_believed(int fd, const struct sockaddr_un *address)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    return !may_be_anybodys(address)
        || (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == geteuid());
}

/* And in a directory of somebody else's nobody is even waited for, as one who takes no connection would have us do. Returns 0 or an errno. */
static int has_right_owner(const struct sockaddr_un *address)
{
    if (!may_be_anybodys(address))
        return 0;
    struct sockaddr_un directory = *address;
    char *slash = strrchr(directory.sun_path, '/');
    *slash = '\0';
    struct stat status;
    if (syscall(SYS_newfstatat, AT_FDCWD, directory.sun_path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    return S_ISDIR(status.st_mode) && status.st_uid == geteuid() ? 0 : EACCES;
}

/* Without a descriptor to connect by, there is its path at least to tell that nobody is there. */
static int look_for(const struct sockaddr_un *address, int error)
{
    struct stat status;
    bool is_abstract = address->sun_path[0] == '\0';
    return is_abstract || syscall(SYS_newfstatat, AT_FDCWD, address->sun_path, &status, 0) == 0 ? error : errno;
}

/*
 * So that the open device file is known wherever it comes to by exec or over a socket: what the daemon's own end is called depends on
 * where its socket is mounted. The name means nothing else, and nobody needs to have it.
 */
static void name_it(int fd)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int result;
    do {
        uint64_t number;
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            return;
        int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, CONNECTION_NAME "%016llx", (unsigned long long)number);
        result = bind(fd, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length));
    } while (result != 0 && errno == EADDRINUSE);
    if (result != 0)
        debug("bind(\"@%s\"): %s: no other program will know the descriptor as a device's", name.sun_path + 1, strerror(errno));
}

/* How long anything may take on a socket; 0: as long as it takes. */
static void limit(int fd, int seconds)
{
    struct timeval patience = { .tv_sec = seconds };
    syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* connect(2) keeps to that one */
    syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/* Returns the socket, or -errno: -EINTR after a signal, -EAGAIN when the patience is over. */
static int connect_to(const struct sockaddr_un *address, socklen_t length, int patience)
{
    int error = has_right_owner(address);
    if (error != 0)
        return -error;
    int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -look_for(address, errno);
    if (patience != 0)
        limit(fd, patience);
    long result = syscall(SYS_connect, fd, address, length);
    if (result == 0 && is_believed(fd, address))
        return fd;
    error = result == 0 ? EACCES : errno;
    raw_close(fd);
    return -error;
}

int connection_open(void)
{
    int fd = -ENOENT;
    struct sockaddr_un address;
    socklen_t length;
    for (int i = 0; candidate(i, &address, &length); i++) {
        do
            fd = connect_to(&address, length, 0);
        while (fd == -EINTR);
        if (fd >= 0)
            name_it(fd);
        if (fd >= 0 || fd == -EMFILE || fd == -ENFILE)
            return fd;
    }
    return fd;
}

/* The guard's socket lies beside the device's. */
static bool turn_to_guard(struct sockaddr_un *address, socklen_t *length)
{
    static const char beside[] = DAXEMU_GUARD_SOCKET;
    static const char behind[] = "-" DAXEMU_GUARD_SOCKET;
    bool is_abstract = address->sun_path[0] == '\0';
    const char *slash = is_abstract ? NULL : strrchr(address->sun_path, '/');
    size_t kept = is_abstract ? *length - offsetof(struct sockaddr_un, sun_path)
                              : (slash == NULL ? 0 : (size_t)(slash + 1 - address->sun_path));
    const char *name = is_abstract ? behind : beside;
    size_t added = strlen(name);
    if (kept + added + !is_abstract > sizeof address->sun_path)
        return false;
    memcpy(address->sun_path + kept, name, added);
    if (!is_abstract)
        address->sun_path[kept + added] = '\0';
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + kept + added + !is_abstract);
    return true;
}

bool connection_open_guard(int number, int patience, int *fd)
{
    struct sockaddr_un address;
    socklen_t length;
    if (!candidate(number, &address, &length))
        return false;
    *fd = turn_to_guard(&address, &length) ? connect_to(&address, length, patience) : -ENAMETOOLONG;
    return true;
}

bool connection_is_ours(int fd)
{
    struct sockaddr_un name;
    socklen_t length = sizeof name;
    int saved = errno;
    bool ours = getsockname(fd, (struct sockaddr *)&name, &length) == 0 && name.sun_family == AF_UNIX
        && length > offsetof(struct sockaddr_un, sun_path) + sizeof CONNECTION_NAME && name.sun_path[0] == '\0'
        && memcmp(name.sun_path + 1, CONNECTION_NAME, strlen(CONNECTION_NAME)) == 0;
    errno = saved;
    return ours;
}

struct exchange *exchange_create(void)
{
    struct exchange *exchange = raw_mmap(NULL, sizeof *exchange, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (exchange == MAP_FAILED)
        return NULL;

    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&exchange->turn, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return exchange;
}

void exchange_destroy(struct exchange *exchange)
{
    munmap(exchange, sizeof *exchange);
}

void exchange_begin(struct exchange *exchange)
{
    /* A process that died in its turn leaves at most a reply that nobody took: the ids tell. */
    if (pthread_mutex_lock(&exchange->turn) == EOWNERDEAD)
        pthread_mutex_consistent(&exchange->turn);
}

void exchange_end(struct exchange *exchange)
{
    pthread_mutex_unlock(&exchange->turn);
}

/* The program may have made the descriptor non-blocking; a command is never half done. */
static bool try_again(int socket, short events)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    struct pollfd wait = { socket, events, 0 };
    return poll(&wait, 1, -1) >= 0 || errno == EINTR;
}

static int send_request(int socket, struct iovec *parts, int count, const int *fds, unsigned fd_count)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * DAXEMU_MAX_FDS)];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
    if (fd_count > 0) {
        size_t length = fd_count * sizeof *fds;
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(length);
        control.header = (struct cmsghdr){ CMSG_LEN(length), SOL_SOCKET, SCM_RIGHTS };
        memcpy(CMSG_DATA(&control.header), fds, length);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && try_again(socket, POLLOUT));
    return sent < 0 ? errno : 0;
}

static void close_all(struct reply *reply)
{
    for (unsigned i = 0; i < reply->fd_count; i++)
        raw_close(reply->fds[i]);
    reply->fd_count = 0;
}

static void take_descriptors(struct msghdr *message, struct reply *reply)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (reply->fd_count < REPLY_FDS)
                reply->fds[reply->fd_count++] = fd;
            else
                raw_close(fd);
        }
    }
}

static int receive_reply(struct exchange *exchange, int socket, struct daxemu_reply *header, struct reply *reply)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int) * REPLY_FDS)];
    } control;
    struct iovec parts[] = { { header, sizeof *header }, { exchange->message, sizeof exchange->message } };
    struct msghdr message = {
        .msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t received;
    do
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && try_again(socket, POLLIN));
    if (received < 0)
        return errno;

    take_descriptors(&message, reply);
    if ((size_t)received < sizeof *header || (message.msg_flags & MSG_TRUNC) != 0
        || header->length != (size_t)received - sizeof *header) {
        close_all(reply);
        return EPROTO;
    }
    return 0;
}

int exchange_request(struct exchange *exchange, int socket, uint32_t type, const struct iovec *parts, int part_count, int fd,
                     struct reply *reply)
{
    return exchange_with_descriptors(exchange, socket, type, parts, part_count, &fd, fd >= 0, reply);
}

int exchange_with_descriptors(struct exchange *exchange, int socket, uint32_t type, const struct iovec *parts, int part_count,
                              const int *fds, unsigned fd_count, struct reply *reply)
{
    struct daxemu_request request = { .type = type, .length = 0, .id = ++exchange->last_id };
    struct iovec all[1 + MOST_PARTS] = { { &request, sizeof request } };
    for (int i = 0; i < part_count; i++) {
        all[1 + i] = parts[i];
        request.length += (uint32_t)parts[i].iov_len;
    }

    memset(reply, 0, sizeof *reply);
    int error = send_request(socket, all, 1 + part_count, fds, fd_count);
    struct daxemu_reply header = { 0 };
    while (error == 0) {
        error = receive_reply(exchange, socket, &header, reply);
        if (error != 0 || header.id == request.id)
            break;
        close_all(reply);
    }
    if (error != 0) {
        debug("the daemon cannot be reached any more: %s", strerror(error));
        return EIO;
    }
    if (header.result < 0) {
        if (type != DAXEMU_REQ_SYSFS)
            debug("%.*s: %s", (int)header.length, (const char *)exchange->message, strerror(-header.result));
        close_all(reply);
        return -header.result;
    }
    reply->result = header.result;
    reply->length = header.length;
    reply->body = exchange->message;
    return 0;
}
