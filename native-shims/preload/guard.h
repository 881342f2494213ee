/*
 * The guard: asks the daemon before the program changes the blocks under a file's bytes (daxemu/device.h).
 *
 * Nothing here takes a lock or allocates: truncate(2) and open(2) may be called in a signal handler. Every operation has a connection of its
 * own, so threads do not wait for one another, and what a process that dies had under way ends with its connection.
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
};

/* Bytes of an open file. */
struct guard_part {
    int fd;
    uint32_t kind; /* enum daxemu_guard_kind */
    uint64_t offset, length;
};

/* False when nothing is guarded by any daemon. No system call, but for a look about every second whether that is still so. */
bool guard_watches(void);

/* False when the file is none that the daemon must be asked for: of another device, or not regular. Costs an fstat(2) at most. Keeps errno. */
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
