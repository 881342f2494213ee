/* Which of the process's descriptors mean something to us. */
#ifndef DAXEMU_PRELOAD_DESCRIPTORS_H
#define DAXEMU_PRELOAD_DESCRIPTORS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct session;

enum descriptor_kind {
    DESCRIPTOR_DEVICE = 1, /* an open device file */
    DESCRIPTOR_MANAGER,    /* an open rdma_cm file: its event channel */
    DESCRIPTOR_CHANNEL,    /* a completion channel, or the asynchronous one */
    DESCRIPTOR_PRIVATE,    /* this library's own: the program must not close it, or get its number */
};

struct descriptor {
    enum descriptor_kind kind;
    uint32_t channel;        /* the daemon's id of a channel */
    struct session *session; /* of a device or rdma_cm file */
    atomic_int *holder;      /* where the number of a private descriptor is kept */
};

/*
 * What a descriptor is, or NULL. Takes no lock: this is on the path of every write(2). The record stays readable when another thread
 * closes the descriptor, though it may then describe another one: a program that closes what it uses elsewhere gets EBADF from a
 * kernel, or worse, too.
 */
const struct descriptor *descriptor_find(int fd);

/* As descriptor_find, for a device or an rdma_cm file; the session cannot end before session_release. */
struct session *descriptor_session(int fd, enum descriptor_kind kind);

/* Returns 0, or ENOMEM, or EMFILE for numbers above the table. The session loses its one reference to the table. */
int descriptor_add(int fd, enum descriptor_kind kind, struct session *session, uint32_t channel);

/* Moves a descriptor to a high number, keeps the number in *holder, and guards it. Returns 0 or an errno; the old number is closed. */
int descriptor_hide(int fd, atomic_int *holder);

/* Closes a private descriptor. */
void descriptor_reveal(atomic_int *holder);

/* The number is about to be closed: forgets it. Before close(2), as another thread may be given the number right after. */
void descriptor_forget(int fd);

/* The first known descriptor in a range, or -1. */
int descriptor_next(int first, unsigned last);

/* new has become a duplicate of old. */
void descriptor_copy(int old, int new);

/* The number is about to be taken by dup2(2): a private descriptor there moves away. */
void descriptor_make_way(int fd);

/* False in a child of vfork(2), which shares this memory but not these descriptors. */
bool descriptors_are_ours(void);

/* For fork(2). */
void descriptors_lock(void);
void descriptors_unlock(bool in_child);

#endif
