/*
 * Write-back to a mount that this very process serves, while the process unmaps pages of it.
 *
 * munmap(2), and mmap(2) in the place of a mapping, wait for the mount's changed pages to be written back (fs/fuse/file.c, fuse_vma_close)
 * with the process's memory map locked. Who writes them back must need neither that lock nor the .NET runtime, which stops all its threads
 * now and then and may want the lock meanwhile. So requests are read here. As long as the gate is closed, those that write pages back are
 * answered here too, and kept; they are carried out when the pages are unmapped, before the gate is opened. Requests that the runtime has
 * taken up are answered before the gate counts as closed.
 *
 * Buffers are touched before they are used: the kernel then copies into them without the lock.
 */
#include "guard.h"

#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* Requests in the order in which they came, each behind its length, in a memory file. */
struct queue {
    int file;
    off_t head;
    off_t tail;
};

struct daxemu_channel {
    int device;
    size_t size; /* of the longest request */
    unsigned char *buffer;
    struct queue kept;   /* answered, to be carried out */
    struct queue handed; /* read by the spare reader, to be served */
    pthread_t spare;
    bool ending;
    atomic_uint reading; /* threads that wait for a request */
    struct daxemu_channel *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool closed;
static unsigned taken_up; /* requests that write pages back, which the runtime is at */
static struct daxemu_channel *channels;

/* Queues, with the lock held. */

static bool is_empty(const struct queue *queue)
{
    return queue->head == queue->tail;
}

static int append(struct queue *queue, const void *request, size_t length)
{
    uint64_t prefix = length;
    const struct iovec parts[] = { { &prefix, sizeof prefix }, { (void *)request, length } };
    ssize_t written = pwritev(queue->file, parts, 2, queue->tail);
    if (written != (ssize_t)(sizeof prefix + length))
        return written < 0 ? errno : ENOSPC;
    queue->tail += written;
    return 0;
}

static ssize_t first(const struct queue *queue, void *buffer, size_t size)
{
    uint64_t length;
    if (is_empty(queue))
        return 0;
    if (pread(queue->file, &length, sizeof length, queue->head) != sizeof length || length > size)
        return -EIO;
    return pread(queue->file, buffer, length, queue->head + (off_t)sizeof length) == (ssize_t)length ? (ssize_t)length : -EIO;
}

static void drop(struct queue *queue)
{
    uint64_t length;
    if (is_empty(queue))
        return;
    bool known = pread(queue->file, &length, sizeof length, queue->head) == sizeof length;
    queue->head = known ? queue->head + (off_t)(sizeof length + length) : queue->tail;
    if (is_empty(queue)) {
        queue->head = queue->tail = 0;
        if (ftruncate(queue->file, 0) != 0)
            return; /* its memory is used again all the same */
    }
}

static bool overlaps(const struct queue *queue, uint64_t node, uint64_t offset, uint64_t length)
{
    struct {
        uint64_t length;
        struct fuse_in_header header;
        struct fuse_write_in write;
    } kept;
    for (off_t at = queue->head; at < queue->tail; at += (off_t)(sizeof kept.length + kept.length)) {
        if (pread(queue->file, &kept, sizeof kept, at) != sizeof kept)
            return true;
        if (kept.header.nodeid == node && kept.write.offset < offset + length && offset < kept.write.offset + kept.write.size)
            return true;
    }
    return false;
}

/* Requests */

static bool is_write_back(const void *request, ssize_t length)
{
    const struct fuse_in_header *header = request;
    const struct fuse_write_in *wish = (const void *)(header + 1);
    return length >= (ssize_t)(sizeof *header + sizeof *wish) && header->opcode == FUSE_WRITE
        && (wish->write_flags & FUSE_WRITE_CACHE) != 0;
}

static void answer(int device, const void *request, int error)
{
    const struct fuse_in_header *header = request;
    const struct fuse_write_in *wish = (const void *)(header + 1);
    struct {
        struct fuse_out_header header;
        struct fuse_write_out body;
    } reply = { { error == 0 ? sizeof reply : sizeof reply.header, -error, header->unique }, { 0, 0 } };
    if (error == 0)
        reply.body.size = wish->size;
    /* It fails with ENOENT when the request was aborted meanwhile. */
    ssize_t sent = write(device, &reply, reply.header.len);
    (void)sent;
}

/* True when the request is done with; else it is the caller's, and counted when it writes pages back. */
static bool keep(struct daxemu_channel *channel, const void *request, ssize_t length)
{
    if (!is_write_back(request, length))
        return false;
    pthread_mutex_lock(&lock);
    bool keeping = closed;
    int error = keeping ? append(&channel->kept, request, (size_t)length) : 0;
    taken_up += !keeping;
    pthread_mutex_unlock(&lock);
    if (keeping)
        answer(channel->device, request, error);
    return keeping;
}

static ssize_t next_request(struct daxemu_channel *channel, void *buffer)
{
    for (;;) {
        atomic_fetch_add(&channel->reading, 1);
        ssize_t length = read(channel->device, buffer, channel->size);
        int error = errno;
        atomic_fetch_sub(&channel->reading, 1);
        if (length < 0)
            return -error;
        if (!keep(channel, buffer, length))
            return length;
    }
}

/* The spare reader: while the gate is closed, all others may be in the runtime, and stopped. */

static void interrupted(int signal)
{
    (void)signal; /* read(2) returns */
}

static void hand_over(struct daxemu_channel *channel, ssize_t length)
{
    bool counts = is_write_back(channel->buffer, length);
    pthread_mutex_lock(&lock);
    int error = append(&channel->handed, channel->buffer, (size_t)length);
    if (error != 0 && counts)
        taken_up--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    const struct fuse_in_header *header = (const void *)channel->buffer;
    if (error != 0 && header->opcode != FUSE_FORGET && header->opcode != FUSE_BATCH_FORGET && header->opcode != FUSE_INTERRUPT)
        answer(channel->device, channel->buffer, error);
}

static bool is_wanted(struct daxemu_channel *channel)
{
    pthread_mutex_lock(&lock);
    while (!closed && !channel->ending)
        pthread_cond_wait(&changed, &lock);
    bool wanted = !channel->ending;
    pthread_mutex_unlock(&lock);
    return wanted;
}

static void *read_in_need(void *argument)
{
    struct daxemu_channel *channel = argument;
    struct pollfd device = { channel->device, POLLIN, 0 };
    while (is_wanted(channel)) {
        /* Another reader may be quicker. This one then waits for the next request, and ends by a signal. */
        if (poll(&device, 1, 1) <= 0 || atomic_load(&channel->reading) != 0)
            continue;
        ssize_t length = next_request(channel, channel->buffer);
        if (length == -ENODEV || length == -ECONNABORTED)
            break;
        if (length >= 0)
            hand_over(channel, length);
    }
    return NULL;
}

static int start_spare(struct daxemu_channel *channel)
{
    struct sigaction present;
    if (sigaction(SIGURG, NULL, &present) == 0 && present.sa_handler == SIG_DFL) {
        struct sigaction action = { .sa_handler = interrupted };
        sigaction(SIGURG, &action, NULL);
    }
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGURG);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&channel->spare, NULL, read_in_need, channel);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void release(struct daxemu_channel *channel)
{
    if (channel->kept.file >= 0)
        close(channel->kept.file);
    if (channel->handed.file >= 0)
        close(channel->handed.file);
    if (channel->buffer != MAP_FAILED)
        munmap(channel->buffer, channel->size);
    free(channel);
}

/* What the daemon calls. */

/* Begins with a connection whose requests have at most size bytes. NULL and errno when there is no memory, descriptor or thread left. */
DAXEMU_EXPORT struct daxemu_channel *daxemu_channel_open(int device, size_t size)
{
    struct daxemu_channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL)
        return NULL;
    channel->device = device;
    channel->size = size;
    channel->kept.file = memfd_create("daxemu-kept", MFD_CLOEXEC);
    channel->handed.file = memfd_create("daxemu-handed", MFD_CLOEXEC);
    channel->buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    int error = channel->kept.file < 0 || channel->handed.file < 0 || channel->buffer == MAP_FAILED ? errno : start_spare(channel);
    if (error != 0) {
        release(channel);
        errno = error;
        return NULL;
    }
    (void)mlock(channel->buffer, size); /* RLIMIT_MEMLOCK may not allow it */
    pthread_mutex_lock(&lock);
    channel->next = channels;
    channels = channel;
    pthread_mutex_unlock(&lock);
    return channel;
}

/* Waits for a request, in a buffer that has been touched. Its length, or -errno: ENODEV once unmounted. */
DAXEMU_EXPORT ssize_t daxemu_channel_read(struct daxemu_channel *channel, void *buffer)
{
    return next_request(channel, buffer);
}

/* Waits for a request that the spare reader has read. Its length, or -ENODEV once daxemu_channel_end was called. */
DAXEMU_EXPORT ssize_t daxemu_channel_take(struct daxemu_channel *channel, void *buffer)
{
    pthread_mutex_lock(&lock);
    while (is_empty(&channel->handed) && !channel->ending)
        pthread_cond_wait(&changed, &lock);
    ssize_t length = is_empty(&channel->handed) ? -ENODEV : first(&channel->handed, buffer, channel->size);
    drop(&channel->handed);
    pthread_mutex_unlock(&lock);
    return length;
}

/* To be called when a request that writes pages back has been answered, which came from read or take. */
DAXEMU_EXPORT void daxemu_channel_answered(void)
{
    pthread_mutex_lock(&lock);
    taken_up--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/*
 * Waits until nothing is kept that a request could miss: of these bytes of a node, or of any with length 0. What is kept was written before
 * the request came.
 */
DAXEMU_EXPORT void daxemu_channel_settle(struct daxemu_channel *channel, uint64_t node, uint64_t offset, uint64_t length)
{
    pthread_mutex_lock(&lock);
    while (!is_empty(&channel->kept) && (length == 0 || overlaps(&channel->kept, node, offset, length)))
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

/* The oldest request that is kept; 0 when there is none, -EIO when it can't be read. It stays until it is dropped. */
DAXEMU_EXPORT ssize_t daxemu_channel_first(struct daxemu_channel *channel, void *buffer)
{
    pthread_mutex_lock(&lock);
    ssize_t length = first(&channel->kept, buffer, channel->size);
    pthread_mutex_unlock(&lock);
    return length;
}

/* It has been carried out. */
DAXEMU_EXPORT void daxemu_channel_drop(struct daxemu_channel *channel)
{
    pthread_mutex_lock(&lock);
    drop(&channel->kept);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* The spare reader ends, and who waits in daxemu_channel_take returns. */
DAXEMU_EXPORT void daxemu_channel_end(struct daxemu_channel *channel)
{
    pthread_mutex_lock(&lock);
    channel->ending = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    /* A signal that comes an instant before read(2) is lost. */
    while (pthread_tryjoin_np(channel->spare, NULL) == EBUSY) {
        pthread_kill(channel->spare, SIGURG);
        poll(NULL, 0, 1);
    }
}

/* After daxemu_channel_end, when no thread uses it any more. */
DAXEMU_EXPORT void daxemu_channel_close(struct daxemu_channel *channel)
{
    pthread_mutex_lock(&lock);
    for (struct daxemu_channel **at = &channels; *at != NULL; at = &(*at)->next) {
        if (*at == channel) {
            *at = channel->next;
            break;
        }
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    release(channel);
}

/* Closes the gate: from its return on, nothing that writes pages back is with the runtime. One at a time. */
DAXEMU_EXPORT void daxemu_gate_close(void)
{
    pthread_mutex_lock(&lock);
    while (closed)
        pthread_cond_wait(&changed, &lock);
    closed = true;
    pthread_cond_broadcast(&changed);
    while (taken_up != 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

/* Opens it, unless something is kept: 0, which is to be carried out first. */
DAXEMU_EXPORT int daxemu_gate_open(void)
{
    pthread_mutex_lock(&lock);
    bool all_done = true;
    for (const struct daxemu_channel *channel = channels; channel != NULL; channel = channel->next)
        all_done = all_done && is_empty(&channel->kept);
    if (all_done) {
        closed = false;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return all_done;
}
