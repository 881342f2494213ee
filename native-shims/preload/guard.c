#include "guard.h"
#include "connection.h"
#include "debug.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <time.h>

/* What is known is looked up again after this many seconds: daemons come and go. */
#define STALE_AFTER 1

/* Operations under way at a time that fork(2) can tell apart from the child's. */
#define SLOTS 256

/* The sentence behind a refusal. */
#define SENTENCE 512

/* Which files a daemon guards. Whoever writes it makes the version odd first; nobody waits for that. */
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
        if (atomic_load(&known[i].version) % 2 != 0)
            atomic_fetch_add(&known[i].version, 1);
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

/* What is known */

static time_t now(void)
{
    struct timespec time;
    return clock_gettime(CLOCK_MONOTONIC_COARSE, &time) == 0 ? time.tv_sec : 0;
}

static void ask_for_files(int number, struct daxemu_guard_files *files)
{
    int socket, result;
    size_t length;
    memset(files, 0, sizeof *files);
    if (!connection_open_guard(number, &socket) || socket < 0)
        return;
    int slot = remember(socket);
    bool told = send_message(socket, DAXEMU_REQ_GUARD_FILES, NULL, 0, -1) == 0
        && receive_message(socket, &result, files, sizeof *files, &length) == 0 && result == 0 && length == sizeof *files
        && files->device_count <= DAXEMU_GUARD_DEVICES;
    if (!told)
        memset(files, 0, sizeof *files);
    hang_up(socket, slot);
}

static void learn(int number, time_t at)
{
    struct knowledge *k = &known[number];
    unsigned version = atomic_load(&k->version);
    /* Another thread is at it, or the one that a signal stopped to come here. */
    if (version % 2 != 0 || !atomic_compare_exchange_strong(&k->version, &version, version + 1))
        return;
    struct daxemu_guard_files files;
    ask_for_files(number, &files);
    atomic_store(&k->flags, files.flags);
    atomic_store(&k->device_count, files.device_count);
    for (unsigned i = 0; i < files.device_count; i++)
        atomic_store(&k->devices[i], files.devices[i]);
    atomic_store(&k->since, at);
    version++;
    /* A child of fork(2) in between has set it right itself. */
    atomic_compare_exchange_strong(&k->version, &version, version + 1);
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
            learn(i, at);
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
    return receive_message(socket, result, sentence, SENTENCE - 1, length);
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
    if (result < 0)
        debug("%.*s", (int)length, sentence);
    return result;
}

static int begin(struct guard_operation *operation, int number, const struct guard_part *part)
{
    int socket;
    if (!connection_open_guard(number, &socket))
        return DAXEMU_GUARD_UNGUARDED;
    if (socket < 0) {
        /* Without a descriptor nobody can be asked. Otherwise there is nobody. */
        return socket == -EMFILE || socket == -ENFILE || socket == -ENOMEM ? socket : DAXEMU_GUARD_UNGUARDED;
    }
    int slot = remember(socket);
    int answer = ask(socket, part);
    if (answer == DAXEMU_GUARD_PROCEED)
        *operation = (struct guard_operation){ .socket = socket, .slot = slot };
    else
        hang_up(socket, slot);
    return answer;
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
    return answer < 0 ? -answer : answer == DAXEMU_GUARD_PRETEND ? GUARD_PRETEND : GUARD_PROCEED;
}

int guard_begin_both(struct guard_operation operations[2], struct guard_part one, struct guard_part other)
{
    operations[1].socket = -1;
    int verdict = guard_begin(&operations[0], one);
    if (verdict != GUARD_PROCEED)
        return verdict;
    verdict = guard_begin(&operations[1], other);
    if (verdict != GUARD_PROCEED)
        guard_end(&operations[0], -1);
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
    hang_up(operation->socket, operation->slot);
    operation->socket = -1;
    errno = saved;
    return result;
}

ssize_t guard_end_both(struct guard_operation operations[2], ssize_t result)
{
    guard_end(&operations[0], result);
    return guard_end(&operations[1], result);
}

int guard_answer(int verdict)
{
    if (verdict == GUARD_PRETEND)
        return 0;
    errno = verdict;
    return -1;
}
