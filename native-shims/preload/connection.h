/* The SEQPACKET socket to the daemon: one request, then its reply (daxemu/device.h). */
#ifndef DAXEMU_PRELOAD_CONNECTION_H
#define DAXEMU_PRELOAD_CONNECTION_H

#include <daxemu/device.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

/* Most descriptors that any reply carries. */
#define REPLY_FDS 2

/*
 * The turn on a connection, and where its replies arrive. Lives in memory shared with forked children: they inherit the socket, and
 * a reply must reach the process that asked.
 */
struct exchange {
    pthread_mutex_t turn;
    uint64_t last_id;
    unsigned char message[DAXEMU_MAX_MESSAGE];
};

struct reply {
    int result;                /* >= 0 */
    size_t length;             /* bytes of body */
    const unsigned char *body; /* in the exchange: valid until exchange_end */
    int fds[REPLY_FDS];        /* close-on-exec; the receiver's to close */
    unsigned fd_count;
};

/* Connects to the daemon. Returns the socket, close-on-exec, or -errno. */
int connection_open(void);

/* Most daemons that a program may have to do with: the user's own and the machine's. */
#define MOST_DAEMONS 2

/*
 * Connects to the guard of a daemon, by its number from 0. *fd is then the socket, close-on-exec, or -errno, such as where no volume is
 * guarded by this library. False when there is no daemon of that number. May be called in a signal handler.
 *
 * patience: seconds that connecting may take, and then each message: -EAGAIN after that. 0: any time, until a signal comes: -EINTR.
 */
bool connection_open_guard(int number, int patience, int *fd);

/* True when the descriptor is a connection that connection_open made, in any process: such as one that was inherited, or passed over. */
bool connection_is_ours(int fd);

struct exchange *exchange_create(void);
void exchange_destroy(struct exchange *exchange);

/* Between these two, the connection is this thread's. */
void exchange_begin(struct exchange *exchange);
void exchange_end(struct exchange *exchange);

/*
 * Sends a request, whose body is the parts, and takes its reply. Returns 0, or the errno that the daemon answered with (its sentence
 * goes to debug()), or EIO when the daemon is gone.
 */
int exchange_request(struct exchange *exchange, int socket, uint32_t type, const struct iovec *parts, int part_count, int fd,
                     struct reply *reply);

/* As exchange_request, with any number of descriptors up to DAXEMU_MAX_FDS. */
int exchange_with_descriptors(struct exchange *exchange, int socket, uint32_t type, const struct iovec *parts, int part_count,
                              const int *fds, unsigned fd_count, struct reply *reply);

#endif
