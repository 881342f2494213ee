/* write(2) of a device file: struct ib_uverbs_cmd_hdr and what follows (rdma/ib_user_verbs.h). */
#include "commands.h"
#include "arena.h"
#include "debug.h"
#include "descriptors.h"
#include "doorbell.h"
#include "libc.h"
#include "memory.h"
#include "registrations.h"
#include "session.h"

#include <errno.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_rxe.h>
#include <stddef.h>
#include <string.h>

/* enum ib_srq_attr_mask; the kernel's user headers do not have it. */
#define IB_SRQ_MAX_WR 1

#define WORD 4
#define EXTENDED_WORD 8
#define EXTENDED(command) (IB_USER_VERBS_CMD_FLAG_EXTENDED | (command))

static int deliver(struct command *command, struct reply *reply)
{
    if (reply->length < command->room)
        command->room = reply->length;
    if (command->room != 0)
        memcpy((void *)(uintptr_t)command->response, reply->body, command->room);
    return 0;
}

/* Finds the parts of a command that are addressed to us rather than to the daemon, which checks all else. */
static int parse(struct command *command, const void *bytes, size_t length)
{
    struct ib_uverbs_cmd_hdr header;
    command->type = DAXEMU_REQ_WRITE;
    command->deliver = deliver;
    command->number = 0;
    if (length < sizeof header || length > sizeof command->bytes)
        return EINVAL;
    memcpy(command->bytes, bytes, length);
    memcpy(&header, bytes, sizeof header);
    command->length = length;
    command->number = header.command;
    command->body = sizeof header;
    command->response = 0;
    command->room = (size_t)header.out_words * WORD;
    if ((header.command & IB_USER_VERBS_CMD_FLAG_EXTENDED) != 0) {
        struct ib_uverbs_ex_cmd_hdr extended;
        if (length < sizeof header + sizeof extended)
            return EINVAL;
        memcpy(&extended, command->bytes + sizeof header, sizeof extended);
        command->body += sizeof extended;
        command->response = extended.response;
        command->room = ((size_t)header.out_words + extended.provider_out_words) * EXTENDED_WORD;
    } else if (command->room != 0) {
        /* Every command with a response begins with its address. */
        if (length < sizeof header + sizeof command->response)
            return EINVAL;
        memcpy(&command->response, command->bytes + sizeof header, sizeof command->response);
    }
    return command->room != 0 && command->response == 0 ? EFAULT : 0;
}

/* A field of the command's struct; zeros where the command is too short, which the daemon will refuse. */
static void get(const struct command *command, size_t offset, void *value, size_t size)
{
    memset(value, 0, size);
    if (command->body + offset + size <= command->length)
        memcpy(value, command->bytes + command->body + offset, size);
}

int command_channel(int fd, uint32_t *id)
{
    const struct descriptor *d = descriptor_find(fd);
    if (d == NULL || d->kind != DESCRIPTOR_CHANNEL)
        return EBADF;
    *id = d->channel;
    return 0;
}

/* The program names a completion channel by descriptor number; the daemon knows its id. */
static int translate_channel(struct command *command, size_t offset)
{
    int32_t fd;
    if (command->body + offset + sizeof fd > command->length)
        return 0;
    get(command, offset, &fd, sizeof fd);
    if (fd < 0)
        return 0;
    uint32_t id;
    int error = command_channel(fd, &id);
    if (error == 0)
        memcpy(command->bytes + command->body + offset, &id, sizeof id);
    return error;
}

static int register_region(const struct command *command, struct registered_memory *memory)
{
    /* ib_access_writable of the kernel. */
    const uint32_t writing =
        IB_UVERBS_ACCESS_LOCAL_WRITE | IB_UVERBS_ACCESS_REMOTE_WRITE | IB_UVERBS_ACCESS_REMOTE_ATOMIC | IB_UVERBS_ACCESS_MW_BIND;
    struct ib_uverbs_reg_mr request;
    get(command, 0, &request, sizeof request);
    /* All memory that the program has and will have (ibv_reg_mr(3), implicit on-demand paging) cannot be described: the daemon answers. */
    if (request.start == 0 && request.length == UINT64_MAX) {
        memory->count = 0;
        return 0;
    }
    return memory_find(request.start, request.length, (request.access_flags & writing) != 0, memory);
}

static int prepare(struct command *command, struct registered_memory *memory)
{
    switch (command->number) {
    case IB_USER_VERBS_CMD_CREATE_CQ:
        return translate_channel(command, offsetof(struct ib_uverbs_create_cq, comp_channel));
    case EXTENDED(IB_USER_VERBS_EX_CMD_CREATE_CQ):
        return translate_channel(command, offsetof(struct ib_uverbs_ex_create_cq, comp_channel));
    case IB_USER_VERBS_CMD_REG_MR:
        return register_region(command, memory);
    default:
        return 0;
    }
}

int command_take_channel(struct reply *reply, uint32_t id, int *fd)
{
    if (reply->fd_count != 1)
        return EPROTO;
    int error = descriptor_add(reply->fds[0], DESCRIPTOR_CHANNEL, NULL, id);
    if (error != 0)
        return error;
    reply->fd_count = 0;
    *fd = reply->fds[0];
    return 0;
}

/* async_fd of get_context and fd of create_comp_channel are the first field: puts the descriptor's number in place of the id. */
static int take_channel(unsigned char *response, size_t length, struct reply *reply)
{
    uint32_t channel;
    int fd;
    if (length < sizeof channel)
        return EPROTO;
    memcpy(&channel, response, sizeof channel);
    int error = command_take_channel(reply, channel, &fd);
    if (error == 0)
        memcpy(response, &fd, sizeof fd);
    return error;
}

static void remember(const struct session *session, uint32_t handle, const struct registered_memory *memory)
{
    for (unsigned i = 0; i < memory->count; i++) {
        const struct daxemu_segment *segment = &memory->segments[i];
        if (memory->arenas[i] != NO_ARENA)
            registrations_add(session, handle, memory->arenas[i], segment->offset, segment->offset + segment->length);
    }
}

/* A resized shared receive queue: the response goes to an address that the provider's part holds (rxe_modify_srq of rdma-core). */
static void put_ring(const struct command *command, const struct reply *reply)
{
    struct ib_uverbs_modify_srq request;
    struct rxe_modify_srq_cmd provider;
    get(command, 0, &request, sizeof request);
    get(command, sizeof request, &provider, sizeof provider);
    if (command->type == DAXEMU_REQ_WRITE && (request.attr_mask & IB_SRQ_MAX_WR) != 0 && provider.mmap_info_addr != 0 && reply->length >= sizeof(struct mminfo))
        memcpy((void *)(uintptr_t)provider.mmap_info_addr, reply->body, sizeof(struct mminfo));
}

static int finish(const struct session *session, struct command *command, const struct registered_memory *memory, struct reply *reply)
{
    int error = command->deliver(command, reply);
    if (error != 0)
        return error;

    size_t length = command->room;
    unsigned char *response = (unsigned char *)(uintptr_t)command->response;
    uint32_t handle;
    switch (command->number) {
    case IB_USER_VERBS_CMD_GET_CONTEXT:
    case IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL:
        return take_channel(response, length, reply);
    case IB_USER_VERBS_CMD_REG_MR:
        if (length < sizeof(struct ib_uverbs_reg_mr_resp))
            return EPROTO;
        memcpy(&handle, response + offsetof(struct ib_uverbs_reg_mr_resp, mr_handle), sizeof handle);
        remember(session, handle, memory);
        return 0;
    case IB_USER_VERBS_CMD_DEREG_MR:
        get(command, offsetof(struct ib_uverbs_dereg_mr, mr_handle), &handle, sizeof handle);
        registrations_remove(session, handle);
        return 0;
    case IB_USER_VERBS_CMD_MODIFY_SRQ:
        put_ring(command, reply);
        return 0;
    default:
        return 0;
    }
}

static int carry_out(struct session *session, int fd, struct command *command, struct registered_memory *memory)
{
    struct daxemu_write write = { .segment_count = memory->count, .command_length = (uint32_t)command->length };
    struct iovec parts[] = {
        { &write, sizeof write },
        { memory->segments, memory->count * sizeof *memory->segments },
        { command->bytes, command->length },
    };
    struct reply reply;
    exchange_begin(session->exchange);
    int error = exchange_with_descriptors(
        session->exchange, fd, command->type, parts, 3, memory->fds, memory->count, &reply);
    if (error == 0)
        error = finish(session, command, memory, &reply);
    exchange_end(session->exchange);
    for (unsigned i = 0; i < reply.fd_count; i++)
        raw_close(reply.fds[i]);
    return error;
}

int command_run(struct session *session, int fd, struct command *command)
{
    struct registered_memory memory;
    memory.count = 0;
    int error = prepare(command, &memory);
    if (error == 0)
        error = carry_out(session, fd, command, &memory);
    memory_release(&memory);
    return error;
}

ssize_t session_write(struct session *session, int fd, const void *bytes, size_t length)
{
    struct command command;
    int error = parse(&command, bytes, length);
    trace("uverbs write 0x%x", command.number);
    if (error == 0)
        error = command_run(session, fd, &command);
    if (error == 0)
        return (ssize_t)length;
    debug("uverbs command 0x%x failed: %s", command.number, strerror(error));
    errno = error;
    return -1;
}
