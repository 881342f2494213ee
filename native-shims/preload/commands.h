/* A command or an ioctl on its way to the daemon. */
#ifndef DAXEMU_PRELOAD_COMMANDS_H
#define DAXEMU_PRELOAD_COMMANDS_H

#include "session.h"

#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdint.h>

/* Longer than any command without work requests, and than any ioctl with its data. */
#define LONGEST_COMMAND 6144

struct command {
    uint32_t type; /* DAXEMU_REQ_WRITE or DAXEMU_REQ_IOCTL */
    _Alignas(uint64_t) unsigned char bytes[LONGEST_COMMAND];
    size_t length;
    uint32_t number;   /* of the command that it is, also by ioctl; NO_COMMAND for an ioctl that is none */
    size_t body;       /* where the command's own struct begins */
    uint64_t response; /* where the program wants the answer */
    size_t room;

    /* Copies the reply to where the program wants it, and leaves in response and room what of it is the command's own. */
    int (*deliver)(struct command *command, struct reply *reply);
    struct ib_uverbs_ioctl_hdr *ioctl;     /* the program's own, for deliver */
    struct ib_uverbs_reg_mr_resp registered; /* what a registration by ioctl has of that response */
};

#define NO_COMMAND UINT32_MAX

/* Sends it, with the memory that it names, and delivers the reply. Returns 0 or an errno. */
int command_run(struct session *session, int fd, struct command *command);

/* Puts the id of a channel in place of the program's descriptor. Returns 0, or EBADF when it is no channel. */
int command_channel(int fd, uint32_t *id);

/* Makes the descriptor that came along with the reply the program's, as the channel of that id. Returns 0 or an errno. */
int command_take_channel(struct reply *reply, uint32_t id, int *fd);

#endif
