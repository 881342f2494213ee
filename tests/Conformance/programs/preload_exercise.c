/*
 * preload_exercise TENTHS: for so many tenths of a second, and some rounds each, threads that use the device and everything around it at the
 * same time. Built together with the sources of libdaxemu-preload.so, so that a sanitizer sees into both.
 */
#include "loopback.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH 10000

/* A busy machine may let a thread do next to nothing in the time. */
#define LEAST_ROUNDS 5

static atomic_bool stop;

static bool goes_on(int *round)
{
    return (*round)++ < LEAST_ROUNDS || !atomic_load(&stop);
}

/* Regions and work requests on a device file of the thread's own, and of memory of every kind. */
static void *transfers(void *unused)
{
    (void)unused;
    struct loopback l = open_loopback();
    for (int round = 0; goes_on(&round);) {
        unsigned char on_stack[LENGTH];
        unsigned char *source = malloc(LENGTH), *target = malloc(LENGTH);
        memset(source, 7, LENGTH);
        memset(on_stack, 0, LENGTH);
        struct ibv_mr *from = ibv_reg_mr(l.pd, source, LENGTH, EVERYTHING);
        struct ibv_mr *to = ibv_reg_mr(l.pd, target, LENGTH, EVERYTHING);
        struct ibv_mr *stack = ibv_reg_mr(l.pd, on_stack, LENGTH, EVERYTHING);
        CHECK(from != NULL && to != NULL && stack != NULL);
        for (int i = 0; i < 10; i++)
            transfer(&l, IBV_WR_RDMA_WRITE, from, source, LENGTH, to, target);
        transfer(&l, IBV_WR_RDMA_WRITE, to, target, LENGTH, stack, on_stack);
        CHECK(ibv_dereg_mr(from) == 0 && ibv_dereg_mr(to) == 0 && ibv_dereg_mr(stack) == 0);
        CHECK(memcmp(target, source, LENGTH) == 0);
        free(source);
        free(target);
    }
    CHECK(ibv_destroy_qp(l.near) == 0 && ibv_destroy_qp(l.far) == 0 && ibv_destroy_cq(l.cq) == 0);
    CHECK(ibv_dealloc_pd(l.pd) == 0 && ibv_close_device(l.context) == 0);
    return NULL;
}

/* Registered memory that grows, is given back and goes elsewhere. */
static void *changes(void *unused)
{
    (void)unused;
    const size_t large = 64 * LENGTH, pages = 1 << 16;
    struct loopback l = open_loopback();
    for (int round = 0; goes_on(&round);) {
        unsigned char *block = malloc(large);
        unsigned char *mapped = mmap(NULL, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(mapped != MAP_FAILED);
        memset(block, 5, large);
        memset(mapped, 6, pages);
        struct ibv_mr *from = ibv_reg_mr(l.pd, block, large, EVERYTHING);
        struct ibv_mr *to = ibv_reg_mr(l.pd, mapped, pages, EVERYTHING);
        CHECK(from != NULL && to != NULL);
        void *volatile old = block;
        block = realloc(block, 2 * large);
        CHECK(block != NULL && block[large - 1] == 5);
        unsigned char *taken = mremap(mapped, pages, 2 * pages, MREMAP_MAYMOVE);
        CHECK(taken != MAP_FAILED && taken[pages - 1] == 6 && taken[2 * pages - 1] == 0);
        transfer(&l, IBV_WR_RDMA_WRITE, from, old, 1000, to, mapped);
        CHECK(madvise(taken, pages, MADV_DONTNEED) == 0 && taken[0] == 0);
        CHECK(ibv_dereg_mr(from) == 0 && ibv_dereg_mr(to) == 0);
        CHECK(munmap(taken, 2 * pages) == 0);
        free(block);
    }
    return NULL;
}

/* Device files come and go, by every call that makes and closes descriptors. */
static void *descriptors(void *unused)
{
    (void)unused;
    for (int round = 0; goes_on(&round);) {
        int fd = open("/dev/infiniband/uverbs0", O_RDWR | O_CLOEXEC);
        CHECK(fd >= 0);
        int copy = dup(fd), high = fcntl(fd, F_DUPFD_CLOEXEC, 200);
        CHECK(copy >= 0 && high >= 0 && dup2(fd, copy) == copy && dup3(fd, high, O_CLOEXEC) == high);
        struct stat status;
        CHECK(fstat(copy, &status) == 0 && S_ISCHR(status.st_mode));
        CHECK(close(fd) == 0 && close(copy) == 0 && close_range((unsigned)high, (unsigned)high, 0) == 0);
        struct stat node;
        CHECK(stat("/sys/class/infiniband_verbs/uverbs0", &node) == 0 && S_ISDIR(node.st_mode));
        char text[32];
        FILE *file = fopen("/sys/class/infiniband_verbs/abi_version", "r");
        CHECK(file != NULL && fgets(text, sizeof text, file) != NULL && fclose(file) == 0);
    }
    return NULL;
}

static void *forks(void *unused)
{
    (void)unused;
    for (int round = 0; goes_on(&round);) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            _exit(3);
        int status;
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3);
        poll(NULL, 0, 5);
    }
    return NULL;
}

static const char *directory;
static int held;

/* Everything that takes blocks away, from a file of the thread's own, and from one that is registered. */
static void *layouts(void *unused)
{
    (void)unused;
    char path[4096];
    CHECK((size_t)snprintf(path, sizeof path, "%s/%lx", directory, (unsigned long)pthread_self()) < sizeof path);
    for (int round = 0; goes_on(&round);) {
        int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        CHECK(fd >= 0 && ftruncate(fd, 4 * 4096) == 0 && truncate(path, 2 * 4096) == 0);
        CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
        unsigned char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        CHECK(mapped != MAP_FAILED && madvise(mapped, 4096, MADV_REMOVE) == 0 && munmap(mapped, 4096) == 0);
        FILE *stream = fopen(path, "w");
        CHECK(stream != NULL && fputs("x", stream) >= 0 && (stream = freopen(path, "w+", stream)) != NULL && fclose(stream) == 0);
        CHECK(close(fd) == 0);
        CHECK(ftruncate(held, 1) == -1 && errno == ETXTBSY);
    }
    return NULL;
}

static void hold(void)
{
    char path[4096];
    CHECK((size_t)snprintf(path, sizeof path, "%s/held", directory) < sizeof path);
    held = open(path, O_RDWR | O_CREAT, 0600);
    CHECK(held >= 0 && ftruncate(held, LENGTH) == 0);
    void *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, held, 0);
    struct loopback l = open_loopback();
    CHECK(memory != MAP_FAILED && ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING) != NULL);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2 || argc == 3);
    static void *(*const work[])(void *) = {
        transfers, transfers, changes, changes, descriptors, descriptors, forks, layouts, layouts, layouts,
    };
    pthread_t threads[sizeof work / sizeof *work];
    size_t count = sizeof work / sizeof *work;
    directory = argv[2];
    if (directory == NULL)
        count -= 3;
    else
        hold();
    for (size_t i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, work[i], NULL) == 0);
    poll(NULL, 0, atoi(argv[1]) * 100);
    atomic_store(&stop, true);
    for (size_t i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    return 0;
}
