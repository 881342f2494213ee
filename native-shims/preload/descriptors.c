#include "descriptors.h"
#include "debug.h"
#include "libc.h"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>

/* Two levels, as few numbers are used: together the largest that fs.nr_open allows by default. */
#define ROWS 1024
#define ROW 1024

/* Private descriptors live above this, out of the way of programs that count on low numbers. */
#define PRIVATE_NUMBERS 512

typedef _Atomic(struct descriptor *) place;
static _Atomic(place *) rows[ROWS];

/* Records are reused, never freed: see descriptor_find. */
static struct descriptor_record {
    struct descriptor descriptor;
    struct descriptor_record *next;
} *unused;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pid_t owner;

__attribute__((constructor)) static void remember_process(void)
{
    owner = getpid();
}

bool descriptors_are_ours(void)
{
    return owner == getpid();
}

void descriptors_lock(void)
{
    pthread_mutex_lock(&guard);
}

void descriptors_unlock(bool in_child)
{
    if (in_child)
        owner = getpid();
    pthread_mutex_unlock(&guard);
}

static place *find_place(int fd)
{
    if (fd < 0 || fd >= ROWS * ROW)
        return NULL;
    place *row = atomic_load_explicit(&rows[fd / ROW], memory_order_acquire);
    return row == NULL ? NULL : &row[fd % ROW];
}

static place *make_place(int fd)
{
    if (fd < 0 || fd >= ROWS * ROW)
        return NULL;
    if (atomic_load_explicit(&rows[fd / ROW], memory_order_relaxed) == NULL) {
        place *row = calloc(ROW, sizeof *row);
        if (row == NULL)
            return NULL;
        atomic_store_explicit(&rows[fd / ROW], row, memory_order_release);
    }
    return find_place(fd);
}

const struct descriptor *descriptor_find(int fd)
{
    place *p = find_place(fd);
    return p == NULL ? NULL : atomic_load_explicit(p, memory_order_acquire);
}

static bool has_session(const struct descriptor *d)
{
    return d->kind == DESCRIPTOR_DEVICE || d->kind == DESCRIPTOR_MANAGER;
}

struct session *descriptor_session(int fd, enum descriptor_kind kind)
{
    const struct descriptor *seen = descriptor_find(fd);
    if (seen == NULL || seen->kind != kind)
        return NULL;
    descriptors_lock();
    const struct descriptor *d = descriptor_find(fd);
    struct session *session = d != NULL && d->kind == kind ? d->session : NULL;
    if (session != NULL)
        session_retain(session);
    descriptors_unlock(false);
    return session;
}

/* With the lock held. Returns the session that lost a reference, to be released without it. */
static struct session *clear(int fd)
{
    place *p = find_place(fd);
    struct descriptor *d = p == NULL ? NULL : atomic_exchange(p, NULL);
    if (d == NULL)
        return NULL;
    struct descriptor_record *record = (struct descriptor_record *)d;
    record->next = unused;
    unused = record;
    return has_session(d) ? d->session : NULL;
}

/* With the lock held. */
static int set(int fd, struct descriptor description, struct session **replaced)
{
    place *p = make_place(fd);
    if (p == NULL)
        return fd >= ROWS * ROW ? EMFILE : ENOMEM;
    *replaced = clear(fd);
    struct descriptor_record *record = unused;
    if (record != NULL)
        unused = record->next;
    else if ((record = malloc(sizeof *record)) == NULL)
        return ENOMEM;
    record->descriptor = description;
    atomic_store_explicit(p, &record->descriptor, memory_order_release);
    return 0;
}

static int add(int fd, struct descriptor description)
{
    struct session *replaced = NULL;
    descriptors_lock();
    int error = set(fd, description, &replaced);
    descriptors_unlock(false);
    if (replaced != NULL)
        session_release(replaced);
    return error;
}

int descriptor_add(int fd, enum descriptor_kind kind, struct session *session, uint32_t channel)
{
    return add(fd, (struct descriptor){ .kind = kind, .session = session, .channel = channel });
}

int descriptor_hide(int fd, atomic_int *holder)
{
    int high = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, PRIVATE_NUMBERS);
    if (high < 0)
        high = fd; /* the limit is lower than that */
    else
        raw_close(fd);
    int error = add(high, (struct descriptor){ .kind = DESCRIPTOR_PRIVATE, .holder = holder });
    if (error == 0)
        atomic_store(holder, high);
    else
        raw_close(high);
    return error;
}

void descriptor_reveal(atomic_int *holder)
{
    int fd = atomic_exchange(holder, -1);
    if (fd < 0)
        return;
    descriptor_forget(fd);
    raw_close(fd);
}

void descriptor_forget(int fd)
{
    descriptors_lock();
    struct session *session = clear(fd);
    descriptors_unlock(false);
    if (session != NULL)
        session_release(session);
}

int descriptor_next(int first, unsigned last)
{
    unsigned fd = first < 0 ? 0 : (unsigned)first;
    while (fd <= last && fd < ROWS * ROW) {
        if (atomic_load_explicit(&rows[fd / ROW], memory_order_acquire) == NULL)
            fd = (fd / ROW + 1) * ROW;
        else if (descriptor_find((int)fd) != NULL)
            return (int)fd;
        else
            fd++;
    }
    return -1;
}

void descriptor_copy(int old, int new)
{
    struct session *replaced = NULL;
    descriptors_lock();
    const struct descriptor *d = descriptor_find(old);
    if (d != NULL && d->kind != DESCRIPTOR_PRIVATE) {
        struct descriptor copy = *d;
        if (has_session(&copy))
            session_retain(copy.session);
        if (set(new, copy, &replaced) != 0) {
            debug("descriptor %d, a copy of %d, cannot be used as a device file: out of memory", new, old);
            replaced = has_session(&copy) ? copy.session : NULL;
        }
    } else {
        replaced = clear(new);
    }
    descriptors_unlock(false);
    if (replaced != NULL)
        session_release(replaced);
}

void descriptor_make_way(int fd)
{
    const struct descriptor *d = descriptor_find(fd);
    if (d == NULL || d->kind != DESCRIPTOR_PRIVATE)
        return;
    atomic_int *holder = d->holder;
    int copy = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, fd + 1);
    if (copy < 0 || add(copy, (struct descriptor){ .kind = DESCRIPTOR_PRIVATE, .holder = holder }) != 0) {
        debug("descriptor %d of the device is lost: the program takes its number, and there is no other", fd);
        if (copy >= 0)
            raw_close(copy);
        copy = -1;
    }
    atomic_store(holder, copy);
    descriptor_forget(fd);
}
