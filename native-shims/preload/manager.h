/*
 * /dev/infiniband/rdma_cm. The program has the event channel for its descriptor, so that poll(2) and its like tell whether an event waits;
 * commands go over a connection of our own (daxemu/device.h).
 */
#ifndef DAXEMU_PRELOAD_MANAGER_H
#define DAXEMU_PRELOAD_MANAGER_H

#include "session.h"

/* The device file's name. */
#define MANAGER_NAME "rdma_cm"

/* open(2) of the device file. Returns its descriptor, or -1 with errno. */
int manager_open(const struct node *node, int flags);

/* write(2) of the device file: a command. Returns -1 with errno. */
ssize_t manager_write(struct session *session, int fd, const void *bytes, size_t length);

/* True when the descriptor is an event channel: such as one that was inherited, or passed over. */
bool manager_is_channel(int fd);

#endif
