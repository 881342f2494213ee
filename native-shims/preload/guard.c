#include "guard.h"
#include "connection.h"
#include "debug.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <time.h>

/* What is known is looked up again after this many seconds: daemons come and go. */
#define STALE_AFTER 1

/*
 * A daemon that does not answer (it was stopped, or nobody takes the connection) holds up a program that may have no file of its for so many
 * seconds: more when nothing is known yet, as it is then taken for none. After that it is left alone for a while.
 */
#define FIRST_PATIENCE 5
#define PATIENCE 1
#define SILENCE 30

/* Operations under way at a time that fork(2) can tell apart from the child's. */
#define SLOTS 256

/* The sentence behind a refusal. */
#define SENTENCE 512

/* Which files a daemon guards. Whoever writes it makes the version odd for these few stores; nobody waits for that. */
struct knowledge {
    atomic_uint version;
    atomic_uint flags, device_count;
    _Atomic uint64_t devices[DAXEMU_GUARD_DEVICES];
    _Atomic time_t since; /* seconds of CLOCK_MONOTONIC; 0: never */
};

static struct knowledge known[MOST_DAEMONS];

/* Sockets of operations under way, each plus one. */
static atomic_int under_way[SLOTS];

static int remember(int socket)
{
    for (int slot = 0; slot < SLOTS; slot++) {
        int none = 0;
        if (atomic_load_explicit(&under_way[slot], memory_order_relaxed) == 0
            && atomic_compare_exchange_strong(&under_way[slot], &none, socket + 1))
            return slot;
    }
    return -1;
}

/* Ends the connection, also when a child of a fork(2) at the wrong moment has the socket too. */
static void hang_up(int socket, int slot)
{
    syscall(SYS_shutdown, socket, SHUT_RDWR);
    if (slot >= 0)
        atomic_store(&under_way[slot], 0);
    raw_close(socket);
}

void guard_leave_to_parent(void)
{
    for (int slot = 0; slot < SLOTS; slot++) {
        int socket = atomic_exchange(&under_way[slot], 0) - 1;
        if (socket >= 0)
            raw_close(socket);
    }
    for (int i = 0; i < MOST_DAEMONS; i++) {
        if (atomic_load(&known[i].version) % 2 != 0) {
            atomic_store(&known[i].since, 0);
            atomic_fetch_add(&known[i].version, 1);
        }
    }
}

/* Messages. Raw system calls, as none of these may be where a thread is cancelled. */

static int send_message(int socket, uint32_t type, const void *body, uint32_t length, int fd)
{
    struct daxemu_request request = { .type = type, .length = length, .id = type };
    struct iovec parts[] = { { &request, sizeof request }, { (void *)body, length } };
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof fd)];
    } control;
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    if (fd >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        control.header = (struct cmsghdr){ CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS };
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    long sent;
    do
        sent = syscall(SYS_sendmsg, socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

/* Takes a reply and as much of its body as there is room for. ECONNRESET: the daemon is gone. */
static int receive_message(int socket, int *result, void *body, size_t room, size_t *length)
{
    struct daxemu_reply reply;
    struct iovec parts[] = { { &reply, sizeof reply }, { body, room } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
    long received;
    do
        received = syscall(SYS_recvmsg, socket, &message, 0);
    while (received < 0 && errno == EINTR);
    if (received < (long)sizeof reply)
        return received < 0 ? errno : ECONNRESET;
    *result = reply.result;
    *length = (size_t)received - sizeof reply;
    return 0;
}

/* As receive_message. A socket that was closed with something unread is reset before it gives what was sent: an answer may lie behind that. */
static int receive_answer(int socket, int *result, void *body, size_t room, size_t *length)
{
    int error = receive_message(socket, result, body, room, length);
    return error == ECONNRESET ? receive_message(socket, result, body, room, length) : error;
}

/* What is known */

static time_t now(void)
{
    struct timespec time;
    return clock_gettime(CLOCK_MONOTONIC_COARSE, &time) == 0 ? time.tv_sec : 0;
}

bool guard_is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS || error == ETOOMANYREFS;
}

static bool is_silence(int error)
{
    return error == EAGAIN || error == ETIMEDOUT;
}

/* Returns 0, or an errno: guard_is_shortage, is_silence, or anything else when there is nobody to ask. */
static int ask_at(int socket, struct daxemu_guard_files *files)
{
    int result;
    size_t length;
    int error = send_message(socket, DAXEMU_REQ_GUARD_FILES, NULL, 0, -1);
    if (error == 0 || error == EPIPE)
        error = receive_answer(socket, &result, files, sizeof *files, &length);
    if (error != 0)
        return error;
    /* Who is there but has another answer may guard anything. */
    return result == 0 && length == sizeof *files && files->device_count <= DAXEMU_GUARD_DEVICES ? 0 : ENOMEM;
}

static int ask_for_files(int number, int patience, struct daxemu_guard_files *files)
{
    time_t begun = now();
    for (;;) {
        int socket, error;
        if (!connection_open_guard(number, patience, &socket))
            return ENOENT;
        if (socket < 0) {
            error = -socket;
        } else {
            int slot = remember(socket);
            error = ask_at(socket, files);
            hang_up(socket, slot);
        }
        if (error != EINTR)
            return error;
        /* A limit to each call is none when signals come and come. */
        if (now() - begun > patience)
            return ETIMEDOUT;
    }
}

static void publish(struct knowledge *k, const struct daxemu_guard_files *files)
{
    unsigned version = atomic_load(&k->version);
    /* Another thread is at it, or the one that a signal stopped to come here. */
    if (version % 2 != 0 || !atomic_compare_exchange_strong(&k->version, &version, version + 1))
        return;
    atomic_store(&k->flags, files->flags);
    atomic_store(&k->device_count, files->device_count);
    for (unsigned i = 0; i < files->device_count; i++)
        atomic_store(&k->devices[i], files->devices[i]);
    version++;
    /* A child of fork(2) in between has set it right itself. */
    atomic_compare_exchange_strong(&k->version, &version, version + 1);
}

/* While one thread looks, others go by what is known. Where nothing is known yet, each looks. */
static void learn(int number, time_t since, time_t at)
{
    struct knowledge *k = &known[number];
    bool first = since == 0;
    if (!first && !atomic_compare_exchange_strong(&k->since, &since, at))
        return;
    struct daxemu_guard_files files = { .flags = 0 };
    int error = ask_for_files(number, first ? FIRST_PATIENCE : PATIENCE, &files);
    if (guard_is_shortage(error))
        files = (struct daxemu_guard_files){ .flags = DAXEMU_GUARD_ANY };
    else if (error != 0)
        files = (struct daxemu_guard_files){ .flags = 0 };
    /* What could not be asked for is as it was. */
    bool keeps = is_silence(error) || (guard_is_shortage(error) && (atomic_load(&k->device_count) != 0 || atomic_load(&k->flags) != 0));
    if (!keeps)
        publish(k, &files);
    atomic_store(&k->since, is_silence(error) ? now() + SILENCE : at);
}

static bool lists(struct knowledge *k, dev_t device)
{
    unsigned version = atomic_load(&k->version);
    unsigned flags = atomic_load(&k->flags);
    bool found = (flags & DAXEMU_GUARD_ANY) != 0 || ((flags & DAXEMU_GUARD_NAMELESS) != 0 && major(device) == 0);
    unsigned count = atomic_load(&k->device_count);
    for (unsigned i = 0; i < count && !found; i++)
        found = atomic_load(&k->devices[i]) == device;
    /* When in doubt, the daemon is to say. */
    return found || version % 2 != 0 || atomic_load(&k->version) != version;
}

bool guard_watches(void)
{
    int saved = errno;
    time_t at = now();
    bool watches = false;
    for (int i = 0; i < MOST_DAEMONS; i++) {
        struct knowledge *k = &known[i];
        time_t since = atomic_load(&k->since);
        if (since == 0 || at - since > STALE_AFTER)
            learn(i, since, at);
        watches |= atomic_load(&k->device_count) != 0 || atomic_load(&k->flags) != 0 || atomic_load(&k->version) % 2 != 0;
    }
    errno = saved;
    return watches;
}

bool guard_may_hold_device(dev_t device)
{
    bool held = false;
    for (int i = 0; i < MOST_DAEMONS; i++)
        held |= lists(&known[i], device);
    return held;
}

static bool is_regular(int error, const struct stat *status)
{
    return error == 0 && S_ISREG(status->st_mode);
}

bool guard_may_hold(int fd)
{
    if (!guard_watches())
        return false;
    int saved = errno;
    struct stat status;
    bool held = is_regular(raw_fstat(fd, &status), &status) && guard_may_hold_device(status.st_dev);
    errno = saved;
    return held;
}

bool guard_may_hold_path(int directory, const char *path, int flags)
{
    if (path == NULL || !guard_watches())
        return false;
    int saved = errno;
    struct stat status;
    bool held = is_regular((int)syscall(SYS_newfstatat, directory, path, &status, flags), &status)
        && guard_may_hold_device(status.st_dev);
    errno = saved;
    return held;
}

/* Operations */

/*
 * Waits for the answer. poll(2) ends with every signal that has a handler, also where recvmsg(2) would go on. The daemon then says whether the
 * wait is over.
 */
static int await_answer(int socket, int *result, char sentence[SENTENCE], size_t *length)
{
    struct pollfd wait = { socket, POLLIN, 0 };
    if (syscall(SYS_ppoll, &wait, 1, NULL, NULL, 0) < 0 && errno == EINTR) {
        int error = send_message(socket, DAXEMU_REQ_GUARD_INTERRUPT, NULL, 0, -1);
        if (error != 0 && error != EPIPE)
            return error;
    }
    return receive_answer(socket, result, sentence, SENTENCE - 1, length);
}

/* Returns DAXEMU_GUARD_*, or -errno. A daemon that is not there, or ends meanwhile, guards nothing any more. */
static int ask(int socket, const struct guard_part *part)
{
    struct daxemu_guard_begin begin = { .kind = part->kind, .offset = part->offset, .length = part->length };
    char sentence[SENTENCE] = "";
    size_t length = 0;
    int result = DAXEMU_GUARD_UNGUARDED;
    int error = send_message(socket, DAXEMU_REQ_GUARD_BEGIN, &begin, sizeof begin, part->fd);
    /* Who is turned away has an answer all the same. */
    if (error == 0 || error == EPIPE)
        error = await_answer(socket, &result, sentence, &length);
    if (error == ECONNRESET || error == EPIPE)
        return DAXEMU_GUARD_UNGUARDED;
    if (error != 0)
        return -error;
    if (result < 0 && result != -EBUSY)
        debug("%.*s", (int)length, sentence);
    return result;
}

static int begin(struct guard_operation *operation, int number, const struct guard_part *part)
{
    int socket;
    if (!connection_open_guard(number, 0, &socket))
        return DAXEMU_GUARD_UNGUARDED;
    if (socket < 0) {
        /* Without a descriptor nobody can be asked, and a signal ends a wait. Otherwise there is nobody. */
        return guard_is_shortage(-socket) || socket == -EINTR ? socket : DAXEMU_GUARD_UNGUARDED;
    }
    int slot = remember(socket);
    int answer = ask(socket, part);
    if (answer == DAXEMU_GUARD_PROCEED) {
        *operation = (struct guard_operation){ .socket = socket, .slot = slot };
        /* Calls of libc's that follow are where a thread is cancelled: it would never tell of the end. */
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &operation->cancellation);
    } else {
        hang_up(socket, slot);
    }
    return answer;
}

static void leave(struct guard_operation *operation)
{
    hang_up(operation->socket, operation->slot);
    operation->socket = -1;
    pthread_setcancelstate(operation->cancellation, NULL);
}

static int verdict_of(int answer)
{
    return answer < 0 ? -answer : answer == DAXEMU_GUARD_PRETEND ? GUARD_PRETEND : GUARD_PROCEED;
}

int guard_begin(struct guard_operation *operation, struct guard_part part)
{
    operation->socket = -1;
    if (!guard_watches())
        return GUARD_PROCEED;
    int saved = errno;
    struct stat status;
    int answer = DAXEMU_GUARD_UNGUARDED;
    if (is_regular(raw_fstat(part.fd, &status), &status)) {
        for (int i = 0; i < MOST_DAEMONS && answer == DAXEMU_GUARD_UNGUARDED; i++) {
            if (lists(&known[i], status.st_dev))
                answer = begin(operation, i, &part);
        }
    }
    errno = saved;
    return verdict_of(answer);
}

/* Asks again for what is under way. *expired: it was not any more, as the daemon waits so long only; the verdict is a new one. */
static int renew(struct guard_operation *operation, const struct guard_part *part, bool *expired)
{
    *expired = false;
    if (operation->socket < 0)
        return GUARD_PROCEED;
    int saved = errno;
    int answer = ask(operation->socket, part);
    if (answer == -EBUSY) {
        answer = DAXEMU_GUARD_PROCEED;
    } else {
        *expired = true;
        if (answer != DAXEMU_GUARD_PROCEED)
            leave(operation);
    }
    errno = saved;
    return verdict_of(answer);
}

int guard_begin_both(struct guard_operation operations[2], struct guard_part one, struct guard_part other)
{
    struct guard_part parts[] = { one, other };
    operations[1].socket = -1;
    int verdict = guard_begin(&operations[0], one);
    if (verdict != GUARD_PROCEED)
        return verdict;
    verdict = guard_begin(&operations[1], other);

    /* Either may have waited for longer than the other was kept. */
    bool expired = operations[1].socket >= 0;
    for (int i = 0; verdict == GUARD_PROCEED && expired; i = 1 - i)
        verdict = renew(&operations[i], &parts[i], &expired);
    if (verdict != GUARD_PROCEED)
        guard_end_both(operations, -1);
    return verdict;
}

ssize_t guard_end(struct guard_operation *operation, ssize_t result)
{
    if (operation->socket < 0)
        return result;
    int saved = errno, ignored;
    size_t length;
    struct daxemu_guard_end end = { .carried_out = result >= 0 };
    /* The answer comes when all that was waiting for the end has been let go. */
    if (send_message(operation->socket, DAXEMU_REQ_GUARD_END, &end, sizeof end, -1) == 0)
        receive_message(operation->socket, &ignored, NULL, 0, &length);
    leave(operation);
    errno = saved;
    return result;
}

ssize_t guard_end_both(struct guard_operation operations[2], ssize_t result)
{
    /* In this order, as each puts back what it found of the thread's cancellation. */
    guard_end(&operations[1], result);
    return guard_end(&operations[0], result);
}

int guard_answer(int verdict)
{
    if (verdict == GUARD_PRETEND)
        return 0;
    errno = verdict;
    return -1;
}
