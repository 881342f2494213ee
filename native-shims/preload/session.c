#include "session.h"
#include "debug.h"
#include "descriptors.h"
#include "lease_signal.h"
#include "libc.h"
#include "manager.h"
#include "registrations.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void destroy(struct session *session)
{
    registrations_forget(session);
    descriptor_reveal(&session->wake);
    descriptor_reveal(&session->requests);
    if (session->doorbell != NULL)
        munmap(session->doorbell, session->doorbell_length);
    if (session->exchange != NULL)
        exchange_destroy(session->exchange);
    free(session);
}

static int map_doorbell(struct session *session, const struct daxemu_hello_reply *hello, const int fds[REPLY_FDS])
{
    session->doorbell_length = hello->doorbell_length;
    int error = EPROTO;
    if (hello->version == DAXEMU_PROTOCOL_VERSION && hello->doorbell_length >= sizeof *session->doorbell) {
        void *memory = raw_mmap(NULL, hello->doorbell_length, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
        error = memory == MAP_FAILED ? errno : 0;
        if (error == 0)
            session->doorbell = memory;
    }
    raw_close(fds[0]);
    if (error != 0) {
        raw_close(fds[1]);
        return error;
    }
    return descriptor_hide(fds[1], &session->wake);
}

static int say_hello(struct session *session, int socket, const char *path)
{
    struct daxemu_hello hello = { .version = DAXEMU_PROTOCOL_VERSION };
    if (strlen(path) >= sizeof hello.path)
        return ENOENT;
    int signal = lease_signal();
    if (signal < 0) {
        debug("DAXEMU_LEASE_SIGNAL is \"%s\": it must name a signal (SIGUSR1, RTMIN+1) or be its number", getenv("DAXEMU_LEASE_SIGNAL"));
        return EINVAL;
    }
    hello.lease_signal = (uint32_t)signal;
    memcpy(hello.path, path, strlen(path));
    struct iovec body = { &hello, sizeof hello };
    struct reply reply;
    exchange_begin(session->exchange);
    int error = exchange_request(session->exchange, socket, DAXEMU_REQ_HELLO, &body, 1, -1, &reply);
    if (error == 0) {
        struct daxemu_hello_reply answer;
        error = reply.length >= sizeof answer && reply.fd_count == 2 ? 0 : EPROTO;
        if (error == 0) {
            memcpy(&answer, reply.body, sizeof answer);
            error = map_doorbell(session, &answer, reply.fds);
        } else {
            for (unsigned i = 0; i < reply.fd_count; i++)
                raw_close(reply.fds[i]);
        }
    }
    exchange_end(session->exchange);
    return error;
}

static int begin(struct session *session, int socket, const struct node *node)
{
    session->exchange = exchange_create();
    if (session->exchange == NULL)
        return ENOMEM;
    int error = sysfs_device_number(node_name(node), &session->number);
    if (error == 0)
        error = say_hello(session, socket, node->path);
    return error != 0 ? error : descriptor_add(socket, DESCRIPTOR_DEVICE, session, 0);
}

struct session *session_create(void)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    atomic_init(&session->references, 1);
    atomic_init(&session->wake, -1);
    atomic_init(&session->requests, -1);
    return session;
}

int session_open(const struct node *node, int flags)
{
    struct session *session = session_create();
    if (session == NULL)
        return -1;

    int socket = connection_open();
    int error = socket < 0 ? ENOENT : begin(session, socket, node);
    if (error != 0) {
        debug("open(\"%s\") failed: %s", node->path, strerror(error));
        if (socket >= 0)
            raw_close(socket);
        destroy(session);
        errno = error;
        return -1;
    }
    if ((flags & O_CLOEXEC) == 0)
        syscall(SYS_fcntl, socket, F_SETFD, 0);
    return socket;
}

void session_retain(struct session *session)
{
    atomic_fetch_add_explicit(&session->references, 1, memory_order_relaxed);
}

void session_release(struct session *session)
{
    if (atomic_fetch_sub_explicit(&session->references, 1, memory_order_acq_rel) == 1)
        destroy(session);
}

enum arrival session_adopt(int fd)
{
    int saved = errno;
    enum arrival arrival = ARRIVAL_OTHER;
    struct stat wanted, known;
    if ((connection_is_ours(fd) || manager_is_channel(fd)) && raw_fstat(fd, &wanted) == 0) {
        arrival = ARRIVAL_FOREIGN;
        for (int at = descriptor_next(0, ~0u); at >= 0 && arrival == ARRIVAL_FOREIGN; at = descriptor_next(at + 1, ~0u)) {
            const struct descriptor *d = descriptor_find(at);
            bool opened_here = d != NULL && (d->kind == DESCRIPTOR_DEVICE || d->kind == DESCRIPTOR_MANAGER);
            if (!opened_here || raw_fstat(at, &known) != 0 || known.st_ino != wanted.st_ino
                || known.st_dev != wanted.st_dev)
                continue;
            descriptor_copy(at, fd);
            arrival = ARRIVAL_ADOPTED;
        }
        if (arrival == ARRIVAL_FOREIGN)
            debug("descriptor %d is an open device file of another process: its queues and doorbells are known there alone", fd);
    }
    errno = saved;
    return arrival;
}

static void show_device(struct stat *status, dev_t number)
{
    status->st_mode = S_IFCHR | 0666;
    status->st_rdev = number;
}

void session_stat(int fd, struct stat *status)
{
    struct session *session = descriptor_session(fd, DESCRIPTOR_DEVICE);
    if (session == NULL)
        session = descriptor_session(fd, DESCRIPTOR_MANAGER);
    dev_t number;
    if (session != NULL) {
        show_device(status, session->number);
        session_release(session);
    } else if (manager_is_channel(fd) && sysfs_device_number(MANAGER_NAME, &number) == 0) {
        show_device(status, number);
    } else if (connection_is_ours(fd) && sysfs_device_number("uverbs0", &number) == 0) {
        show_device(status, number);
    }
}

void *session_mmap(struct session *session, int fd, void *address, size_t length, int protection, int flags, long offset)
{
    struct daxemu_mmap request = { .offset = (uint64_t)offset, .length = length };
    struct iovec body = { &request, sizeof request };
    struct reply reply;
    exchange_begin(session->exchange);
    int error = exchange_request(session->exchange, fd, DAXEMU_REQ_MMAP, &body, 1, -1, &reply);
    exchange_end(session->exchange);
    if (error == 0 && reply.fd_count != 1)
        error = EPROTO;

    void *memory = MAP_FAILED;
    if (error == 0) {
        memory = raw_mmap(address, length, protection, flags, reply.fds[0], 0);
        error = errno;
    }
    for (unsigned i = 0; i < reply.fd_count; i++)
        raw_close(reply.fds[i]);
    if (memory == MAP_FAILED)
        errno = error;
    return memory;
}
