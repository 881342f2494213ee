#include "manager.h"
#include "debug.h"
#include "descriptors.h"
#include "libc.h"
#include "sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <rdma/rdma_user_cm.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Longer than any command. */
#define LONGEST_COMMAND 1024

/* More paths than librdmacm ever sets. */
#define LONGEST_OPTION 1024

#define CHANNEL_NAME "daxemu-rdma_cm-"
#define NO_RESPONSE (-1)

struct command {
    struct rdma_ucm_cmd_hdr header;
    unsigned char body[LONGEST_COMMAND];
    unsigned char value[LONGEST_OPTION]; /* of an option */
    size_t value_length;
    uint64_t response; /* where the program wants the answer */
    int fd;            /* to be sent along, or -1 */
};

bool manager_is_channel(int fd)
{
    struct sockaddr_un peer;
    socklen_t length = sizeof peer;
    int saved = errno;
    bool ours = getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && peer.sun_family == AF_UNIX
                && length > offsetof(struct sockaddr_un, sun_path) + sizeof CHANNEL_NAME && peer.sun_path[0] == '\0'
                && memcmp(peer.sun_path + 1, CHANNEL_NAME, strlen(CHANNEL_NAME)) == 0;
    errno = saved;
    return ours;
}

static int say_hello(struct session *session, const char *path, int *channel)
{
    struct daxemu_hello hello = { .version = DAXEMU_PROTOCOL_VERSION };
    memcpy(hello.path, path, strlen(path));
    struct iovec body = { &hello, sizeof hello };
    struct reply reply;
    exchange_begin(session->exchange);
    int error = exchange_request(session->exchange, atomic_load(&session->requests), DAXEMU_REQ_HELLO, &body, 1, -1, &reply);
    exchange_end(session->exchange);
    if (error != 0)
        return error;
    if (reply.fd_count != 1) {
        for (unsigned i = 0; i < reply.fd_count; i++)
            raw_close(reply.fds[i]);
        return EPROTO;
    }
    *channel = reply.fds[0];
    return 0;
}

static int begin(struct session *session, const struct node *node, int *channel)
{
    if (strlen(node->path) >= sizeof((struct daxemu_hello *)0)->path)
        return ENOENT;
    session->exchange = exchange_create();
    if (session->exchange == NULL)
        return ENOMEM;
    int socket = connection_open();
    if (socket < 0)
        return ENOENT;
    int error = descriptor_hide(socket, &session->requests);
    if (error == 0)
        error = sysfs_device_number(MANAGER_NAME, &session->number);
    if (error == 0)
        error = say_hello(session, node->path, channel);
    return error != 0 ? error : descriptor_add(*channel, DESCRIPTOR_MANAGER, session, 0);
}

int manager_open(const struct node *node, int flags)
{
    struct session *session = session_create();
    if (session == NULL)
        return -1;
    int channel = -1;
    int error = begin(session, node, &channel);
    if (error != 0) {
        debug("open(\"%s\") failed: %s", node->path, strerror(error));
        if (channel >= 0)
            raw_close(channel);
        session_release(session);
        errno = error;
        return -1;
    }
    if ((flags & O_CLOEXEC) == 0)
        syscall(SYS_fcntl, channel, F_SETFD, 0);
    if ((flags & O_NONBLOCK) != 0)
        syscall(SYS_fcntl, channel, F_SETFL, O_RDWR | O_NONBLOCK);
    return channel;
}

/* Where the address of the response is in a command's struct. */
static int response_offset(uint32_t number)
{
    switch (number) {
    case RDMA_USER_CM_CMD_CREATE_ID:
        return offsetof(struct rdma_ucm_create_id, response);
    case RDMA_USER_CM_CMD_DESTROY_ID:
    case RDMA_USER_CM_CMD_QUERY_ROUTE:
    case RDMA_USER_CM_CMD_QUERY:
    case RDMA_USER_CM_CMD_INIT_QP_ATTR:
    case RDMA_USER_CM_CMD_GET_EVENT:
    case RDMA_USER_CM_CMD_JOIN_IP_MCAST:
    case RDMA_USER_CM_CMD_JOIN_MCAST:
    case RDMA_USER_CM_CMD_LEAVE_MCAST:
    case RDMA_USER_CM_CMD_MIGRATE_ID:
        return 0;
    default:
        return NO_RESPONSE;
    }
}

/* Finds the parts of a command that are addressed to us rather than to the daemon, which checks all else. */
static int parse(struct command *command, const void *bytes, size_t length)
{
    command->header.cmd = ~0u;
    command->value_length = 0;
    command->response = 0;
    command->fd = -1;
    if (length < sizeof command->header)
        return EINVAL;
    memcpy(&command->header, bytes, sizeof command->header);
    if (command->header.in > sizeof command->body || command->header.in > length - sizeof command->header)
        return EINVAL;
    memcpy(command->body, (const unsigned char *)bytes + sizeof command->header, command->header.in);

    int offset = response_offset(command->header.cmd);
    if (offset == NO_RESPONSE)
        return 0;
    if (command->header.in < (size_t)offset + sizeof command->response)
        return EINVAL;
    memcpy(&command->response, command->body + offset, sizeof command->response);
    return command->header.out != 0 && command->response == 0 ? EFAULT : 0;
}

/* The value of an option is not part of the command, which has only its address. */
static int take_option(struct command *command)
{
    struct rdma_ucm_set_option request;
    if (command->header.in != sizeof request)
        return EINVAL;
    memcpy(&request, command->body, sizeof request);
    if (request.optlen > sizeof command->value)
        return EINVAL;
    if (request.optlen != 0 && request.optval == 0)
        return EFAULT;
    memcpy(command->value, (const void *)(uintptr_t)request.optval, request.optlen);
    command->value_length = request.optlen;
    return 0;
}

/* The channel that the id is on now. */
static int take_channel(struct command *command)
{
    struct rdma_ucm_migrate_id request;
    if (command->header.in < sizeof request)
        return EINVAL;
    memcpy(&request, command->body, sizeof request);
    if (syscall(SYS_fcntl, request.fd, F_GETFD) < 0)
        return ENOENT;
    command->fd = (int)request.fd;
    return 0;
}

/* Waits for an event if the descriptor is a blocking one, as a read(2) of it would. */
static int take_token(int fd)
{
    char token;
    ssize_t taken = syscall(SYS_recvfrom, fd, &token, sizeof token, 0, NULL, NULL);
    return taken > 0 ? 0 : taken == 0 ? EIO : errno;
}

static int carry_out(struct session *session, const struct command *command)
{
    struct daxemu_write write = {
        .command_length = (uint32_t)(sizeof command->header + command->header.in + command->value_length),
    };
    struct iovec parts[] = {
        { &write, sizeof write },
        { (void *)&command->header, sizeof command->header },
        { (void *)command->body, command->header.in },
        { (void *)command->value, command->value_length },
    };
    struct reply reply;
    exchange_begin(session->exchange);
    int error =
        exchange_request(session->exchange, atomic_load(&session->requests), DAXEMU_REQ_WRITE, parts, 4, command->fd, &reply);
    if (error == 0 && command->response != 0)
        memcpy((void *)(uintptr_t)command->response, reply.body, reply.length < command->header.out ? reply.length : command->header.out);
    exchange_end(session->exchange);
    for (unsigned i = 0; i < reply.fd_count; i++)
        raw_close(reply.fds[i]);
    return error;
}

static int get_event(struct session *session, int fd, const struct command *command)
{
    if (command->header.out < offsetof(struct rdma_ucm_event_resp, reserved))
        return ENOSPC;
    int error;
    do {
        error = take_token(fd);
        if (error == 0)
            error = carry_out(session, command);
        else
            return error;
        /* The event has gone with its id. */
    } while (error == EAGAIN);
    return error;
}

ssize_t manager_write(struct session *session, int fd, const void *bytes, size_t length)
{
    struct command command;
    int error = parse(&command, bytes, length);
    if (error == 0 && command.header.cmd == RDMA_USER_CM_CMD_SET_OPTION)
        error = take_option(&command);
    if (error == 0 && command.header.cmd == RDMA_USER_CM_CMD_MIGRATE_ID)
        error = take_channel(&command);
    if (error == 0)
        error = command.header.cmd == RDMA_USER_CM_CMD_GET_EVENT ? get_event(session, fd, &command) : carry_out(session, &command);
    if (error == 0)
        return (ssize_t)length;
    if (error != EAGAIN && error != EINTR)
        debug("rdma_cm command %u failed: %s", command.header.cmd, strerror(error));
    errno = error;
    return -1;
}
