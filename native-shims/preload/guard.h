/*
 * The guard: asks the daemon before the program changes the blocks under a file's bytes (daxemu/device.h).
 *
 * Nothing here takes a lock or allocates, as truncate(2) and open(2) may be called in a signal handler: but for the first use of a function of
 * libc's, which is looked up then (libc.h), and for getenv(3), which a program that changes its environment at the same time confuses. Every
 * operation has a connection of its own, so threads do not wait for one another, and what a process that dies had under way ends with its
 * connection. From its beginning to its end the thread cannot be cancelled.
 */
#ifndef DAXEMU_PRELOAD_GUARD_H
#define DAXEMU_PRELOAD_GUARD_H

#include <daxemu/device.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What is to be done. Everything above is the errno to fail with. */
#define GUARD_PROCEED 0
#define GUARD_PRETEND (-1)

/* An operation that may proceed and has not ended. */
struct guard_operation {
    int socket; /* -1: nobody had to be asked */
    int slot;
    int cancellation; /* the thread's state before */
};

/* Bytes of an open file. */
struct guard_part {
    int fd;
    uint32_t kind; /* enum daxemu_guard_kind */
    uint64_t offset, length;
};

/*
 * False when nothing is guarded by any daemon. No system call, but for a look about every second whether that is still so: a connection to each
 * daemon, and some seconds where one is there and does not answer.
 */
bool guard_watches(void);

/* True for an error that says nothing of what was asked for, only that something to ask with was missing, such as a descriptor. */
bool guard_is_shortage(int error);

/* False when the daemon need not be asked for the file: one of another device, or not regular. Beyond guard_watches, an fstat(2). Keeps errno. */
bool guard_may_hold(int fd);
bool guard_may_hold_path(int directory, const char *path, int flags);

/* The same of a device number alone. */
bool guard_may_hold_device(dev_t device);

/* Asks for an operation, and waits as its policy says. Keeps errno. guard_end when it may proceed. */
int guard_begin(struct guard_operation *operation, struct guard_part part);

/* For an operation on two files. Nothing is under way unless it is GUARD_PROCEED. */
int guard_begin_both(struct guard_operation operations[2], struct guard_part one, struct guard_part other);

/* The operation has ended with this result, negative for a failure. Returns the result, and keeps errno. */
ssize_t guard_end(struct guard_operation *operation, ssize_t result);
ssize_t guard_end_both(struct guard_operation operations[2], ssize_t result);

/* What a system call returns that was not carried out: 0, or -1 with errno. */
int guard_answer(int verdict);

/* After fork(2): what the parent's threads have under way is not the child's. */
void guard_leave_to_parent(void);

#endif
