/*
 * guard_faults WHAT DIRECTORY: does what a guarded program does, while its guard, which is played here, does what one may do that fails. Prints
 * what came of it, and what the guard was asked. DIRECTORY is empty.
 */
#include <daxemu/device.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PIECE 4096
#define SIZE (4 * PIECE)
#define NOWHERE ((void *)PIECE)
#define STRANGER 54321
#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: %s: %m\n", __FILE__, __LINE__, #condition);               \
            exit(2);                                                                          \
        }                                                                                     \
    } while (0)

/* An allocator that calls with its lock held is called here. */
void *__libc_malloc(size_t length);
static _Thread_local volatile int allocations;

void *malloc(size_t length)
{
    allocations++;
    return __libc_malloc(length);
}

/* The guard */

struct request {
    struct daxemu_request header;
    union {
        struct daxemu_guard_begin begin;
        struct daxemu_guard_end end;
    };
};

static int files_answer = DAXEMU_GUARD_ANY; /* which files to ask for, or -errno */
static int answers[8] = { DAXEMU_GUARD_PROCEED }; /* to each operation in turn; the last one, before a 0, to all that follow */
static bool takes_no_question;                    /* answers an operation without having read it, and closes */
static int answered;

static void reply(int socket, int result, const void *body, size_t length)
{
    char message[sizeof(struct daxemu_reply) + sizeof(struct daxemu_guard_files)];
    struct daxemu_reply header = { .result = result, .length = (uint32_t)length };
    memcpy(message, &header, sizeof header);
    memcpy(message + sizeof header, body, length);
    CHECK(send(socket, message, sizeof header + length, MSG_NOSIGNAL) > 0);
}

static void answer(int socket, const struct request *request)
{
    struct daxemu_guard_files files = { .flags = files_answer > 0 ? (unsigned)files_answer : 0 };
    int result;
    switch (request->header.type) {
    case DAXEMU_REQ_GUARD_FILES:
        reply(socket, files_answer < 0 ? files_answer : 0, &files, files_answer < 0 ? 0 : sizeof files);
        break;
    case DAXEMU_REQ_GUARD_BEGIN:
        result = answers[answered];
        answered += answers[answered + 1] != 0; /* by the time that the next may ask, on a connection of its own */
        printf("begin %u: %d\n", request->begin.kind, result);
        reply(socket, result, "", 0);
        break;
    case DAXEMU_REQ_GUARD_END:
        printf("end: %u\n", request->end.carried_out);
        reply(socket, 0, "", 0);
        break;
    }
}

static void *serve(void *argument)
{
    int socket = (int)(intptr_t)argument;
    struct request request;
    while (recv(socket, &request, sizeof request, MSG_PEEK) > 0) {
        if (takes_no_question && request.header.type == DAXEMU_REQ_GUARD_BEGIN) {
            reply(socket, answers[0], "", 0);
            break;
        }
        CHECK(recv(socket, &request, sizeof request, 0) > 0);
        answer(socket, &request);
    }
    close(socket);
    return NULL;
}

static void *accept_all(void *listener)
{
    pthread_t thread;
    for (;;) {
        int socket = accept((int)(intptr_t)listener, NULL, NULL);
        /* The program has left none. */
        if (socket < 0 && errno == EMFILE)
            return NULL;
        CHECK(socket >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)socket) == 0 && pthread_detach(thread) == 0);
    }
    return NULL;
}

/* At a path, or with '@' in the abstract namespace, which is in reach from everywhere. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    CHECK(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (*path != '@'));
    if (*path == '@')
        address.sun_path[0] = '\0';
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 64) == 0);
    return listener;
}

/* Which the library finds beside this socket. */
static int listen_abstract(void)
{
    char path[64];
    snprintf(path, sizeof path, "@guard-faults-%d", getpid());
    CHECK(setenv("DAXEMU_SOCKET", path, 1) == 0);
    strcat(path, "-" DAXEMU_GUARD_SOCKET);
    return listen_at(path);
}

static void start_guard(int listener)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener) == 0);
}

/* The program */

static int fd;

static void say(const char *what, bool well)
{
    int error = errno;
    struct stat status;
    CHECK(fstat(fd, &status) == 0);
    printf("%s: %s, %ld bytes\n", what, well ? "-" : strerrorname_np(error), (long)status.st_size);
}

static void fill(void)
{
    static char bytes[SIZE];
    memset(bytes, 7, SIZE);
    CHECK(pwrite(fd, bytes, SIZE, 0) == SIZE);
}

static bool is_punched(off_t offset)
{
    char byte;
    CHECK(pread(fd, &byte, 1, offset) == 1);
    return byte == 0;
}

static void leave_no_descriptor(void)
{
    int lowest = dup(fd);
    CHECK(lowest >= 0 && close(lowest) == 0);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = (rlim_t)lowest;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void refused_list(void)
{
    files_answer = -EMFILE;
    answers[0] = -ETXTBSY;
    start_guard(listen_abstract());
    say("ftruncate", ftruncate(fd, 0) == 0);
}

static void turned_away(void)
{
    answers[0] = -EMFILE;
    takes_no_question = true;
    start_guard(listen_abstract());
    say("ftruncate", ftruncate(fd, 0) == 0);
}

static void no_descriptor_and_nothing_known(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/device.sock", getenv("DIRECTORY"));
    CHECK(setenv("DAXEMU_SOCKET", path, 1) == 0);
    snprintf(path, sizeof path, "%s/" DAXEMU_GUARD_SOCKET, getenv("DIRECTORY"));
    listen_at(path);
    leave_no_descriptor();
    say("ftruncate", ftruncate(fd, 0) == 0);
}

static void no_descriptor_and_no_guard(void)
{
    leave_no_descriptor();
    say("ftruncate", ftruncate(fd, 0) == 0);
}

static void no_descriptor(void)
{
    start_guard(listen_abstract());
    void *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(mapped != MAP_FAILED && ftruncate(fd, SIZE) == 0);
    leave_no_descriptor();
    say("truncate", truncate("f", 0) == 0);
    say("madvise", madvise(mapped, PIECE, MADV_REMOVE) == 0);
}

static void *cut(void *size)
{
    CHECK(ftruncate(fd, (off_t)(intptr_t)size) == 0);
    return NULL;
}

static void silent(void)
{
    listen_abstract();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, cut, (void *)PIECE) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    say("ftruncate", true);
}

/* A guard in a directory that somebody else has made: not even connected to. */
static void strangers_guard(void)
{
    char directory[64], path[128];
    snprintf(directory, sizeof directory, "/tmp/daxemu-%d", STRANGER);
    snprintf(path, sizeof path, "%s/" DAXEMU_GUARD_SOCKET, directory);
    CHECK(mkdir(directory, 0755) == 0);
    int listener = listen_at(path);
    CHECK(chmod(path, 0777) == 0 && unsetenv("DAXEMU_SOCKET") == 0 && unsetenv("XDG_RUNTIME_DIR") == 0 && seteuid(STRANGER) == 0);
    say("ftruncate", ftruncate(fd, 0) == 0);
    struct pollfd connection = { listener, POLLIN, 0 };
    printf("connections: %d\n", poll(&connection, 1, 0));
    CHECK(seteuid(0) == 0 && unlink(path) == 0 && rmdir(directory) == 0);
}

static void *punch(void *unused)
{
    (void)unused;
    CHECK(pthread_cancel(pthread_self()) == 0);
    int result = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PIECE);
    printf("punched: %d\n", result);
    pthread_testcancel();
    printf("not cancelled\n");
    return NULL;
}

static void cancelled(void)
{
    start_guard(listen_abstract());
    pthread_t thread;
    void *result;
    CHECK(pthread_create(&thread, NULL, punch, NULL) == 0 && pthread_join(thread, &result) == 0);
    printf("cancelled: %d\n", result == PTHREAD_CANCELED);
}

static void process_madvise_is_asked_for(void)
{
    answers[0] = -ETXTBSY;
    start_guard(listen_abstract());
    char *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    CHECK(mapped != MAP_FAILED && self >= 0);
    struct iovec ranges[] = { { mapped, PIECE }, { mapped + PIECE, PIECE } };
    if (process_madvise(self, ranges, 0, MADV_REMOVE, 0) != 0) {
        printf("not before Linux 6.13\n");
        return;
    }
    say("function", process_madvise(self, ranges, 2, MADV_REMOVE, 0) == 2 * PIECE);
    say("syscall", syscall(SYS_process_madvise, self, ranges, 2, MADV_REMOVE, 0) == 2 * PIECE);
    printf("punched: %d\n", is_punched(0) || is_punched(PIECE));
    answered = 0;
    answers[0] = DAXEMU_GUARD_PROCEED;
    say("allowed", process_madvise(self, ranges, 2, MADV_REMOVE, 0) == 2 * PIECE);
    say("nowhere", process_madvise(self, NOWHERE, 1, MADV_REMOVE, 0) == 0);
}

static void without_dev_null(void)
{
    start_guard(listen_abstract());
    CHECK(chroot(".") == 0);
    FILE *stream = fopen("f", "w");
    CHECK(stream != NULL && fputs("four", stream) >= 0 && fclose(stream) == 0);
    say("fopen", true);
    fill();
    stream = fopen("f", "r+");
    CHECK(stream != NULL);
    say("freopen", freopen("f", "w", stream) != NULL);
}

static void exclusive(void)
{
    start_guard(listen_abstract());
    FILE *stream = fopen("f", "r+");
    CHECK(stream != NULL);
    say("freopen", freopen(NULL, "wx", stream) != NULL);
}

static void nowhere(void)
{
    start_guard(listen_abstract());
    struct open_how how = { .flags = O_WRONLY | O_TRUNC | 1ull << 40 };
    say("FICLONERANGE", ioctl(fd, FICLONERANGE, NOWHERE) == 0);
    say("FIDEDUPERANGE", ioctl(fd, FIDEDUPERANGE, NOWHERE) == 0);
    say("FS_IOC_SETFLAGS", ioctl(fd, FS_IOC_SETFLAGS, NOWHERE) == 0);
    say("without a file", ioctl(-1, FICLONERANGE, NOWHERE) == 0);
    say("copy_file_range", copy_file_range(fd, NOWHERE, fd, NULL, 1, 0) == 0);
    say("openat2", syscall(SYS_openat2, AT_FDCWD, "f", NOWHERE, sizeof how) >= 0);
    say("openat2 with an unknown flag", syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof how) >= 0);
    how = (struct open_how){ .flags = O_WRONLY | O_TRUNC, .mode = 0600 };
    say("openat2 with a mode", syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof how) >= 0);
}

/* Of an operation on two files, the first is given up while the second waits. */
static void expired(void)
{
    const int in_turn[] = { DAXEMU_GUARD_PROCEED, DAXEMU_GUARD_PROCEED, DAXEMU_GUARD_PROCEED, -EBUSY };
    memcpy(answers, in_turn, sizeof in_turn);
    start_guard(listen_abstract());
    int other = open("other", O_RDWR | O_CREAT, 0600);
    CHECK(other >= 0 && pwrite(other, "x", 1, 0) == 1);
    int result = ioctl(fd, FICLONE, other);
    printf("cloned, or cannot: %d\n", result == 0 || errno == EOPNOTSUPP || errno == EXDEV);
}

static void hole(void)
{
    start_guard(listen_abstract());
    char *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(mapped != MAP_FAILED && munmap(mapped + PIECE, PIECE) == 0);
    say("madvise", madvise(mapped, SIZE, MADV_REMOVE) == 0);
    printf("punched: %d%d%d%d\n", is_punched(0), is_punched(PIECE), is_punched(2 * PIECE), is_punched(3 * PIECE));
}

static void nameless(void)
{
    start_guard(listen_abstract());
    void *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(mapped != MAP_FAILED && ftruncate(fd, SIZE) == 0 && unlink("f") == 0);
    /* Without privilege, as with it there is /proc/self/map_files. */
    if (geteuid() == 0)
        CHECK(fchown(fd, STRANGER, STRANGER) == 0 && seteuid(STRANGER) == 0 && prctl(PR_SET_DUMPABLE, 1) == 0);
    int before = allocations;
    int result = madvise(mapped, PIECE, MADV_REMOVE);
    printf("allocations: %d\n", allocations - before);
    say("madvise", result == 0);
}

/* A file that somebody has a lease on: truncate(2) waits until it is given back. */
static void leased(void)
{
    start_guard(listen_abstract());
    int held[2];
    char byte;
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGIO);
    CHECK(close(open("leased", O_WRONLY | O_CREAT, 0600)) == 0 && pipe(held) == 0 && sigprocmask(SIG_BLOCK, &broken, NULL) == 0);
    if (fork() == 0) {
        int file = open("leased", O_RDONLY), signal;
        CHECK(file >= 0 && fcntl(file, F_SETLEASE, F_RDLCK) == 0 && write(held[1], "x", 1) == 1);
        CHECK(sigwait(&broken, &signal) == 0 && fcntl(file, F_SETLEASE, F_UNLCK) == 0);
        _exit(0);
    }
    CHECK(read(held[0], &byte, 1) == 1);
    say("truncate", truncate("leased", 0) == 0);
}

/* On a filesystem of which it is not known that it always copies. */
static void copied(void)
{
    answers[0] = -ETXTBSY;
    start_guard(listen_abstract());
    int from = open("/dev/shm", O_TMPFILE | O_RDWR, 0600), to = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
    CHECK(from >= 0 && to >= 0 && write(from, "x", 1) == 1 && lseek(from, 0, SEEK_SET) == 0);
    say("copy_file_range", copy_file_range(from, NULL, to, NULL, 1, 0) == 1);
}

static const struct {
    const char *name;
    void (*run)(void);
} all[] = {
    { "refused-list", refused_list },
    { "turned-away", turned_away },
    { "no-descriptor-and-nothing-known", no_descriptor_and_nothing_known },
    { "no-descriptor-and-no-guard", no_descriptor_and_no_guard },
    { "no-descriptor", no_descriptor },
    { "silent", silent },
    { "strangers-guard", strangers_guard },
    { "cancelled", cancelled },
    { "process-madvise", process_madvise_is_asked_for },
    { "without-dev-null", without_dev_null },
    { "exclusive", exclusive },
    { "nowhere", nowhere },
    { "expired", expired },
    { "hole", hole },
    { "nameless", nameless },
    { "leased", leased },
    { "copied", copied },
};

int main(int argc, char **argv)
{
    CHECK(argc == 3 && setenv("DIRECTORY", argv[2], 1) == 0 && chdir(argv[2]) == 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0);
    fill();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(argv[1], all[i].name) == 0) {
            all[i].run();
            return 0;
        }
    }
    return 3;
}
