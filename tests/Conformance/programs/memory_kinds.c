/*
 * memory_kinds CASE [FILE]: registers memory of one kind and shows that the device and the program see the same bytes, or that it is
 * refused with the errno that is named.
 */
#include "loopback.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define LENGTH (3 * PAGE + 100)

static struct loopback l;
static unsigned char *source;
static struct ibv_mr *source_mr;
static unsigned char in_bss[LENGTH];
static unsigned char in_data[LENGTH] = { 1 };

static void *anonymous(size_t length)
{
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

/* What the device writes the program reads, and the other way round; what lies around stays. */
static void both_ways(unsigned char *memory)
{
    unsigned char before = memory[-1], after = memory[LENGTH];
    memset(memory, 7, LENGTH);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    CHECK(mr != NULL);
    CHECK(memory[0] == 7 && memory[LENGTH - 1] == 7);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory);
    CHECK(memcmp(memory, source, LENGTH) == 0);
    memset(memory, 9, LENGTH);
    transfer(&l, IBV_WR_RDMA_READ, source_mr, source, LENGTH, mr, memory);
    CHECK(source[0] == 9 && source[LENGTH - 1] == 9);
    CHECK(memory[-1] == before && memory[LENGTH] == after);

    /* A second region on the same pages, and again after both are gone. */
    struct ibv_mr *again = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    CHECK(again != NULL);
    CHECK(ibv_dereg_mr(mr) == 0 && ibv_dereg_mr(again) == 0);
    mr = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    CHECK(mr != NULL && memory[LENGTH - 1] == 9);
    CHECK(ibv_dereg_mr(mr) == 0);
}

static void refused(void *memory, size_t length, int expected)
{
    CHECK(ibv_reg_mr(l.pd, memory, length, EVERYTHING) == NULL);
    CHECK(errno == expected);
}

static void heap(const char *file)
{
    (void)file;
    both_ways((unsigned char *)malloc(LENGTH + 64) + 33);
    both_ways((unsigned char *)malloc(64 << 20) + 33);
}

static void mapped(const char *file)
{
    (void)file;
    both_ways((unsigned char *)anonymous(8 * PAGE) + PAGE + 5);
}

static void statics(const char *file)
{
    (void)file;
    struct ibv_mr *bss = ibv_reg_mr(l.pd, in_bss, LENGTH, EVERYTHING);
    struct ibv_mr *data = ibv_reg_mr(l.pd, in_data, LENGTH, EVERYTHING);
    CHECK(bss != NULL && data != NULL && in_data[0] == 1);
    transfer(&l, IBV_WR_RDMA_WRITE, data, in_data, LENGTH, bss, in_bss);
    CHECK(in_bss[0] == 1);
}

static void read_only(const char *file)
{
    (void)file;
    unsigned char *memory = anonymous(4 * PAGE);
    memset(memory, 5, LENGTH);
    CHECK(mprotect(memory, 4 * PAGE, PROT_READ) == 0);
    refused(memory, LENGTH, EFAULT);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, LENGTH, IBV_ACCESS_REMOTE_READ);
    CHECK(mr != NULL);
    transfer(&l, IBV_WR_RDMA_READ, source_mr, source, LENGTH, mr, memory);
    CHECK(source[0] == 5 && source[LENGTH - 1] == 5);
}

static void shared_file(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 8 * PAGE) == 0);
    unsigned char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED && close(fd) == 0);
    both_ways(memory + PAGE + 5);
    unsigned char byte;
    CHECK((fd = open(file, O_RDONLY)) >= 0 && pread(fd, &byte, 1, PAGE + 5) == 1 && byte == 9);
}

/* A file of a guarded volume: cutting it is refused while it is registered, and only then. */
static void pinned_file(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 8 * PAGE) == 0);
    unsigned char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED);
    both_ways(memory + PAGE + 5);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    CHECK(mr != NULL);
    CHECK(truncate(file, 0) == -1 && errno == ETXTBSY);
    CHECK(ftruncate(fd, PAGE) == -1 && errno == ETXTBSY);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory);
    CHECK(ibv_dereg_mr(mr) == 0);
    CHECK(truncate(file, 0) == 0);
}

static void memory_file(const char *file)
{
    (void)file;
    int fd = memfd_create("mine", 0);
    CHECK(fd >= 0 && ftruncate(fd, 8 * PAGE) == 0);
    unsigned char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED);
    both_ways(memory + PAGE + 5);
}

static void stack(const char *file)
{
    (void)file;
    unsigned char memory[LENGTH];
    refused(memory, LENGTH, EOPNOTSUPP);
}

static void map_over(unsigned char *at, int fd, int page)
{
    CHECK(mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, page * PAGE) == at);
}

static int made_file(const char *file, int pages)
{
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && ftruncate(fd, pages * PAGE) == 0);
    return fd;
}

/* Two files, parts of one in another order, and private memory between them. */
static void several_files(const char *file)
{
    char other[4096];
    snprintf(other, sizeof other, "%s.2", file);
    int one = made_file(file, 4), two = made_file(other, 1);
    unsigned char *memory = anonymous(6 * PAGE);
    map_over(memory + PAGE, one, 3);
    map_over(memory + 2 * PAGE, one, 1);
    map_over(memory + 4 * PAGE, two, 0);
    both_ways(memory + PAGE + 5);
    unsigned char byte;
    CHECK(pread(one, &byte, 1, 3 * PAGE + 5) == 1 && byte == 9 && pread(one, &byte, 1, PAGE) == 1 && byte == 9);
    CHECK(pread(two, &byte, 1, 0) == 1 && byte == 9 && memory[3 * PAGE] == 9);
}

/* A range over two files of a guarded volume: neither can be cut where it is registered. */
static void pinned_files(const char *file)
{
    char other[4096];
    snprintf(other, sizeof other, "%s.2", file);
    int one = made_file(file, 2), two = made_file(other, 2);
    unsigned char *memory = anonymous(3 * PAGE);
    map_over(memory, one, 0);
    map_over(memory + 2 * PAGE, two, 0);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, 3 * PAGE, EVERYTHING);
    CHECK(mr != NULL);
    CHECK(ftruncate(one, PAGE) == 0 && ftruncate(two, PAGE) == 0);
    CHECK(ftruncate(one, 0) == -1 && errno == ETXTBSY);
    CHECK(ftruncate(two, 0) == -1 && errno == ETXTBSY);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, 3 * PAGE, mr, memory);
    unsigned char byte;
    CHECK(pread(two, &byte, 1, 0) == 1 && byte == source[2 * PAGE]);
    CHECK(ibv_dereg_mr(mr) == 0 && ftruncate(one, 0) == 0 && ftruncate(two, 0) == 0);
}

/* One page of the range cannot be registered: nothing is, and no pin stays. */
static void refused_whole(const char *file)
{
    int fd = made_file(file, 1);
    unsigned char *memory = anonymous(2 * PAGE);
    map_over(memory, fd, 0);
    map_over(memory + PAGE, fd, 1); /* past the end */
    refused(memory, 2 * PAGE, EFAULT);
    CHECK(ftruncate(fd, 0) == 0);
}

static void unmapped(const char *file)
{
    (void)file;
    unsigned char *memory = anonymous(2 * PAGE);
    CHECK(munmap(memory + PAGE, PAGE) == 0);
    refused(memory, 2 * PAGE, EFAULT);
    CHECK(memory[0] == 0);
}

/* The region keeps the pages it was made of: what is mapped there later is other memory. */
static void mapped_anew(const char *file)
{
    (void)file;
    unsigned char *memory = anonymous(4 * PAGE);
    struct ibv_mr *old = ibv_reg_mr(l.pd, memory, 4 * PAGE, EVERYTHING);
    CHECK(old != NULL && munmap(memory, 4 * PAGE) == 0);
    CHECK(mmap(memory, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
    struct ibv_mr *new = ibv_reg_mr(l.pd, memory, 4 * PAGE, EVERYTHING);
    CHECK(new != NULL);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, old, memory);
    CHECK(memory[0] == 0 && memory[LENGTH - 1] == 0);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, new, memory);
    CHECK(memcmp(memory, source, LENGTH) == 0);
}

/* Parent and child have memory of their own, the heap's too, and the parent's region goes on working. */
static void forked(const char *file)
{
    (void)file;
    unsigned char *memory = malloc(LENGTH);
    memset(memory, 3, LENGTH);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    int ready[2], done[2];
    char byte = 0;
    CHECK(mr != NULL && pipe(ready) == 0 && pipe(done) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(memory[0] == 3 && memory[LENGTH - 1] == 3);
        memset(memory, 4, LENGTH);
        for (int i = 0; i < 1000; i++)
            memset(malloc(100), 0xff, 100);
        CHECK(write(ready[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1);
        CHECK(memory[0] == 4 && memory[LENGTH - 1] == 4);
        _exit(0);
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(memory[0] == 3 && memory[LENGTH - 1] == 3);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory);
    CHECK(memcmp(memory, source, LENGTH) == 0);
    int status;
    CHECK(write(done[1], &byte, 1) == 1 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < 1000; i++)
        free(malloc(100));
}

static _Atomic(unsigned char *) counted;
static atomic_bool stop;

static void *count(void *sum)
{
    uint64_t local = 0;
    while (!atomic_load(&stop)) {
        /* Plain stores, as programs make them: each must be there in the end. */
        volatile uint64_t *counter = (volatile uint64_t *)atomic_load(&counted);
        if (counter != NULL) {
            *counter = *counter + 1;
            local++;
        }
    }
    *(uint64_t *)sum = local;
    return NULL;
}

/* Another thread writes to pages while they move. */
static void written_meanwhile(const char *file)
{
    (void)file;
    enum { PAGES = 2000 };
    unsigned char *memory = anonymous(PAGES * PAGE);
    uint64_t expected = 0, found = 0;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, count, &expected) == 0);
    for (int i = 0; i < PAGES; i++) {
        atomic_store(&counted, memory + i * PAGE);
        volatile uint64_t *counter = (volatile uint64_t *)(memory + i * PAGE);
        while (*counter < 100) {
        }
        struct ibv_mr *mr = ibv_reg_mr(l.pd, memory + i * PAGE, PAGE, EVERYTHING);
        CHECK(mr != NULL && ibv_dereg_mr(mr) == 0);
    }
    atomic_store(&stop, true);
    CHECK(pthread_join(thread, NULL) == 0);
    for (int i = 0; i < PAGES; i++)
        found += *(uint64_t *)(memory + i * PAGE);
    printf("%llu of %llu writes are there\n", (unsigned long long)found, (unsigned long long)expected);
    CHECK(found == expected);
}

static const struct {
    const char *name;
    void (*run)(const char *file);
} cases[] = {
    { "heap", heap }, { "anonymous", mapped }, { "statics", statics }, { "read-only", read_only }, { "shared-file", shared_file }, { "pinned-file", pinned_file },
    { "memory-file", memory_file }, { "stack", stack }, { "several-files", several_files },
    { "pinned-files", pinned_files }, { "refused-whole", refused_whole }, { "unmapped", unmapped },
    { "mapped-anew", mapped_anew }, { "forked", forked }, { "written-meanwhile", written_meanwhile },
};

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    l = open_loopback();
    source = malloc(LENGTH);
    for (int i = 0; i < LENGTH; i++)
        source[i] = (unsigned char)(i * 31 + 1);
    CHECK((source_mr = ibv_reg_mr(l.pd, source, LENGTH, EVERYTHING)) != NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run(argv[2]);
            return 0;
        }
    }
    fprintf(stderr, "there is no case %s\n", argv[1]);
    return 2;
}
