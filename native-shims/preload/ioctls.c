/*
 * ioctl(2) of a device file: struct ib_uverbs_ioctl_hdr and its attributes (rdma/rdma_user_ioctl_cmds.h). Pointers stay here: what they
 * point to goes to the daemon behind the attributes, and what it gives back is copied to where they point.
 */
#include "commands.h"
#include "debug.h"

#include <errno.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <rdma/rdma_user_rxe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Of newer headers: UVERBS_METHOD_REG_MR and its attributes. */
#define METHOD_REG_MR 5
#define REG_MR_HANDLE 0
#define REG_MR_PD_HANDLE 1
#define REG_MR_IOVA 3
#define REG_MR_ADDR 4
#define REG_MR_LENGTH 5
#define REG_MR_ACCESS_FLAGS 6

/* The kernel takes a header of at most a page. */
#define LONGEST_HEADER 4096

#define METHOD(object, method) ((uint32_t)(object) << 16 | (method))

_Static_assert(sizeof(struct ib_uverbs_ioctl_hdr) == 24 && sizeof(struct ib_uverbs_attr) == 16, "rdma/rdma_user_ioctl_cmds.h");

static struct ib_uverbs_ioctl_hdr *header_of(struct command *command)
{
    return (struct ib_uverbs_ioctl_hdr *)command->bytes;
}

static uint32_t method_of(struct command *command)
{
    return METHOD(header_of(command)->object_id, header_of(command)->method_id);
}

/* True for an attribute that hands in what it points to; the others that point somewhere take something back. */
static bool hands_in(uint32_t method, const struct ib_uverbs_attr *attribute)
{
    if (attribute->len <= sizeof attribute->data)
        return false;
    if (attribute->attr_id == UVERBS_ATTR_UHW_IN)
        return true;
    switch (method) {
    case METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE):
        return attribute->attr_id == UVERBS_ATTR_CORE_IN;
    case METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE):
        return attribute->attr_id == UVERBS_ATTR_CREATE_QP_CAP;
    case METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR):
        return attribute->attr_id == UVERBS_ATTR_ADVISE_MR_SGE_LIST;
    default:
        return false;
    }
}

/* True for an attribute by which the program names an event channel. */
static bool names_channel(uint32_t method, uint16_t id)
{
    switch (method) {
    case METHOD(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE):
        return id == UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL || id == UVERBS_ATTR_CREATE_CQ_EVENT_FD;
    case METHOD(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE):
        return id == UVERBS_ATTR_CREATE_QP_EVENT_FD;
    case METHOD(UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE):
        return id == UVERBS_ATTR_CREATE_SRQ_EVENT_FD;
    default:
        return false;
    }
}

/* Puts bytes behind what the command has already, 8-byte aligned. Returns where they are, or 0 when there is no room. */
static size_t append(struct command *command, const void *bytes, size_t length)
{
    size_t start = (command->length + 7) / 8 * 8;
    if (start + length > sizeof command->bytes)
        return 0;
    memset(command->bytes + command->length, 0, start - command->length);
    memcpy(command->bytes + start, bytes, length);
    command->length = start + length;
    return start;
}

static struct ib_uverbs_attr *find(struct command *command, uint16_t id)
{
    struct ib_uverbs_ioctl_hdr *header = header_of(command);
    for (unsigned i = 0; i < header->num_attrs; i++)
        if (header->attrs[i].attr_id == id)
            return &header->attrs[i];
    return NULL;
}

static uint64_t value(struct command *command, uint16_t id)
{
    const struct ib_uverbs_attr *attribute = find(command, id);
    return attribute == NULL ? 0 : attribute->data;
}

/* Translates an attribute for the daemon. */
static int translate(struct command *command, struct ib_uverbs_attr *attribute)
{
    uint32_t method = method_of(command);
    if (hands_in(method, attribute)) {
        if (attribute->data == 0)
            return EFAULT;
        attribute->data = append(command, (const void *)(uintptr_t)attribute->data, attribute->len);
        return attribute->data == 0 ? EINVAL : 0;
    }
    if (!names_channel(method, attribute->attr_id))
        return 0;
    uint32_t id;
    int error = attribute->data > INT32_MAX ? EBADF : command_channel((int)attribute->data, &id);
    if (error == 0)
        attribute->data = id;
    return error;
}

/* Finds out which command of write(2) it amounts to, where that command is more than bytes to us. */
static int recognise(struct command *command)
{
    struct ib_uverbs_attr *attribute;
    switch (method_of(command)) {
    case METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE):
        attribute = find(command, UVERBS_ATTR_CORE_IN);
        command->number = (uint32_t)value(command, UVERBS_ATTR_WRITE_CMD);
        command->body = command->length;
        if (attribute != NULL)
            command->body = attribute->len <= sizeof attribute->data ? (size_t)((unsigned char *)&attribute->data - command->bytes)
                                                                     : attribute->data;
        return 0;
    case METHOD(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY):
        attribute = find(command, UVERBS_ATTR_DESTROY_MR_HANDLE);
        if (attribute == NULL)
            return 0;
        command->number = IB_USER_VERBS_CMD_DEREG_MR;
        command->body = (size_t)((unsigned char *)&attribute->data - command->bytes);
        return 0;
    case METHOD(UVERBS_OBJECT_MR, METHOD_REG_MR): {
        const struct ib_uverbs_reg_mr request = {
            .start = value(command, REG_MR_ADDR),
            .length = value(command, REG_MR_LENGTH),
            .hca_va = value(command, REG_MR_IOVA),
            .pd_handle = (uint32_t)value(command, REG_MR_PD_HANDLE),
            .access_flags = (uint32_t)value(command, REG_MR_ACCESS_FLAGS),
        };
        command->number = IB_USER_VERBS_CMD_REG_MR;
        command->body = append(command, &request, sizeof request);
        return command->body == 0 ? EINVAL : 0;
    }
    default:
        return 0;
    }
}

static int put(struct command *command, const struct daxemu_output *output, const unsigned char *bytes, struct reply *reply)
{
    if (output->attribute >= header_of(command)->num_attrs)
        return EPROTO;
    uint32_t method = method_of(command);
    const struct ib_uverbs_attr *asked = &header_of(command)->attrs[output->attribute];
    struct ib_uverbs_attr *attribute = &command->ioctl->attrs[output->attribute];
    if ((output->flags & DAXEMU_OUTPUT_VALUE) != 0) {
        if (method == METHOD(UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC)) {
            int fd;
            int error = command_take_channel(reply, (uint32_t)output->value, &fd);
            if (error == 0)
                attribute->data = (uint64_t)fd;
            return error;
        }
        attribute->data = output->value;
        command->registered.mr_handle = (uint32_t)output->value;
        return 0;
    }
    if (command->number == IB_USER_VERBS_CMD_MODIFY_SRQ && asked->attr_id == UVERBS_ATTR_UHW_IN) {
        /* struct rxe_modify_srq_cmd: the address where the new ring's struct mminfo goes. */
        if (output->length != sizeof(struct mminfo) || asked->len != sizeof asked->data)
            return EPROTO;
        if (asked->data != 0)
            memcpy((void *)(uintptr_t)asked->data, bytes, output->length);
        return 0;
    }
    if (output->length > asked->len || (output->length != 0 && asked->data == 0))
        return EFAULT;
    if (output->length != 0)
        memcpy((void *)(uintptr_t)asked->data, bytes, output->length);
    attribute->flags |= UVERBS_ATTR_F_VALID_OUTPUT;
    if (method == METHOD(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE) && asked->attr_id == UVERBS_ATTR_CORE_OUT) {
        command->response = asked->data;
        command->room = output->length;
    }
    return 0;
}

static int deliver(struct command *command, struct reply *reply)
{
    struct daxemu_output output;
    for (size_t at = 0; at + sizeof output <= reply->length; at += sizeof output + (output.length + 7u) / 8 * 8) {
        memcpy(&output, reply->body + at, sizeof output);
        if (output.length > reply->length - at - sizeof output)
            return EPROTO;
        int error = put(command, &output, reply->body + at + sizeof output, reply);
        if (error != 0)
            return error;
    }
    if (method_of(command) == METHOD(UVERBS_OBJECT_MR, METHOD_REG_MR)) {
        command->response = (uintptr_t)&command->registered;
        command->room = sizeof command->registered;
    }
    return 0;
}

static int parse(struct command *command, struct ib_uverbs_ioctl_hdr *ioctl)
{
    command->type = DAXEMU_REQ_IOCTL;
    command->number = NO_COMMAND;
    command->body = 0;
    command->response = 0;
    command->room = 0;
    command->deliver = deliver;
    command->ioctl = ioctl;
    memset(&command->registered, 0, sizeof command->registered);
    if (ioctl == NULL)
        return EFAULT;

    struct ib_uverbs_ioctl_hdr *header = header_of(command);
    memcpy(header, ioctl, sizeof *header);
    size_t length = sizeof *header + header->num_attrs * sizeof *header->attrs;
    if (header->length != length || length > LONGEST_HEADER)
        return EINVAL;
    memcpy(header->attrs, ioctl->attrs, length - sizeof *header);
    command->length = length;
    for (unsigned i = 0; i < header->num_attrs; i++) {
        int error = translate(command, &header->attrs[i]);
        if (error != 0)
            return error;
    }
    return recognise(command);
}

/* DAXEMU_IOCTL=0: the program is to use write(2). */
static bool is_switched_off(void)
{
    static atomic_int known;
    int state = atomic_load_explicit(&known, memory_order_relaxed);
    if (state == 0) {
        const char *setting = getenv("DAXEMU_IOCTL");
        state = setting != NULL && strcmp(setting, "0") == 0 ? 2 : 1;
        atomic_store_explicit(&known, state, memory_order_relaxed);
    }
    return state == 2;
}

int session_ioctl(struct session *session, int fd, void *argument)
{
    if (is_switched_off()) {
        /* libibverbs then uses write(2) for this call; ENOTTY would turn ioctl(2) off for good. */
        errno = EPROTONOSUPPORT;
        return -1;
    }

    struct command command;
    struct ib_uverbs_ioctl_hdr *ioctl = argument;
    int error = parse(&command, ioctl);
    if (ioctl != NULL)
        trace("uverbs ioctl %u.%u command 0x%x", ioctl->object_id, ioctl->method_id, command.number);
    if (error == 0)
        error = command_run(session, fd, &command);
    if (error == 0)
        return 0;
    if (ioctl != NULL && error != EPROTONOSUPPORT)
        debug("uverbs ioctl %u.%u failed: %s", ioctl->object_id, ioctl->method_id, strerror(error));
    errno = error;
    return -1;
}
