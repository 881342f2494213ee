/* An open device file: the connection to the daemon, and what comes with it. */
#ifndef DAXEMU_PRELOAD_SESSION_H
#define DAXEMU_PRELOAD_SESSION_H

#include "connection.h"
#include "paths.h"

#include <stdatomic.h>
#include <sys/stat.h>

struct session {
    atomic_int references;
    atomic_int wake;     /* eventfd that wakes the daemon's worker */
    atomic_int requests; /* of an rdma_cm file: the connection, as the program has the event channel */
    struct daxemu_doorbell *doorbell;
    size_t doorbell_length;
    struct exchange *exchange;
    dev_t number; /* st_rdev of the device file */
};

/* open(2) of a device file. Returns its descriptor, or -1 with errno. */
int session_open(const struct node *node, int flags);

/* A session without anything. Returns NULL with errno. */
struct session *session_create(void);

void session_retain(struct session *session);
void session_release(struct session *session);

/* What a descriptor is that was not opened here, nor is a duplicate of one that was. */
enum arrival {
    ARRIVAL_OTHER,   /* nothing of ours */
    ARRIVAL_ADOPTED, /* of a session of this process: it came over a socket, and now is like a duplicate */
    ARRIVAL_FOREIGN, /* of another process's session: it came by exec or over a socket, and nothing of that session is known here */
};

enum arrival session_adopt(int fd);

/* Makes fstat(2)'s answer that of a device file if the descriptor is one; it says "socket" when it comes in. */
void session_stat(int fd, struct stat *status);

/* mmap(2) of a device file. Returns MAP_FAILED with errno. */
void *session_mmap(struct session *session, int fd, void *address, size_t length, int protection, int flags, long offset);

/* write(2) of a device file: a command. Returns -1 with errno. */
ssize_t session_write(struct session *session, int fd, const void *bytes, size_t length);

/* ioctl(2) of a device file: RDMA_VERBS_IOCTL. Returns -1 with errno. */
int session_ioctl(struct session *session, int fd, void *argument);

#endif
