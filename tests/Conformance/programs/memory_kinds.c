/*
 * memory_kinds CASE [FILE]: registers memory of one kind and shows that the device and the program see the same bytes, or that it is
 * refused with the errno that is named.
 */
#include "loopback.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
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

/* A region on demand of a file of a guarded volume: the file may be cut and grow again, and the region reaches what is there then. */
static void on_demand(const char *file)
{
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && ftruncate(fd, 8 * PAGE) == 0);
    unsigned char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, 8 * PAGE, EVERYTHING | IBV_ACCESS_ON_DEMAND);
    CHECK(mr != NULL);
    memset(source, 5, LENGTH);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory + PAGE);
    CHECK(memory[PAGE] == 5);
    CHECK(ftruncate(fd, PAGE) == 0 && ftruncate(fd, 8 * PAGE) == 0);
    CHECK(memory[PAGE] == 0);
    transfer(&l, IBV_WR_RDMA_READ, source_mr, source, LENGTH, mr, memory + PAGE);
    CHECK(source[0] == 0 && source[LENGTH - 1] == 0);
    memset(source, 6, LENGTH);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory + 4 * PAGE);
    unsigned char byte;
    CHECK(pread(fd, &byte, 1, 4 * PAGE) == 1 && byte == 6);
    CHECK(ibv_dereg_mr(mr) == 0);
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
    unsigned char memory[LENGTH + 128];
    both_ways(memory + 33);
}

static void map_over(unsigned char *at, int fd, int page);

static void *on_thread_stack(void *unused)
{
    stack(unused);
    return NULL;
}

static void thread_stack(const char *file)
{
    (void)file;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, on_thread_stack, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

static void *wait_on_stack(void *shared)
{
    unsigned char memory[LENGTH + 128];
    _Atomic(unsigned char *) *where = shared;
    memset(memory, 0, sizeof memory);
    atomic_store(where, memory + 33);
    while (atomic_load(where) != NULL)
        usleep(100);
    return NULL;
}

/* The stack of a thread that goes on using it. */
static void other_stack(const char *file)
{
    (void)file;
    static _Atomic(unsigned char *) memory;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, wait_on_stack, &memory) == 0);
    while (atomic_load(&memory) == NULL) {
    }
    both_ways(memory);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    CHECK(waitpid(child, NULL, 0) == child);
    both_ways(memory);
    atomic_store(&memory, NULL);
    CHECK(pthread_join(thread, NULL) == 0);
}

/* Atomic operations, sends and messages of many pieces, between memory that is mapped and memory that is copied. */
static void every_operation(const char *file)
{
    (void)file;
    struct {
        uint64_t word[64 * 1024];
    } on_stack;
    uint64_t *near = malloc(sizeof on_stack), *far = on_stack.word;
    memset(near, 0, sizeof on_stack);
    memset(far, 0, sizeof on_stack);
    struct ibv_mr *near_mr = ibv_reg_mr(l.pd, near, sizeof on_stack, EVERYTHING);
    struct ibv_mr *far_mr = ibv_reg_mr(l.pd, far, sizeof on_stack, EVERYTHING);
    CHECK(near_mr != NULL && far_mr != NULL);

    far[7] = 41;
    fetch_add(&l, near_mr, &near[1], far_mr, &far[7], 1);
    CHECK(far[7] == 42 && near[1] == 41);
    fetch_add(&l, far_mr, &far[3], near_mr, &near[1], 1);
    CHECK(near[1] == 42 && far[3] == 41);
    fetch_add(&l, far_mr, &far[5], far_mr, &far[7], 8);
    CHECK(far[7] == 50 && far[5] == 42);

    for (size_t i = 0; i < 64 * 1024; i++)
        near[i] = i * 3;
    transfer(&l, IBV_WR_RDMA_WRITE, near_mr, near, sizeof on_stack, far_mr, far);
    CHECK(memcmp(near, far, sizeof on_stack) == 0);
    memset(near, 0, sizeof on_stack);
    transfer(&l, IBV_WR_RDMA_READ, near_mr, near, sizeof on_stack, far_mr, far);
    CHECK(memcmp(near, far, sizeof on_stack) == 0);

    /* Both ends in copied memory. */
    transfer(&l, IBV_WR_RDMA_WRITE, far_mr, far, 100000, far_mr, (char *)far + 200000);
    CHECK(memcmp(far, (char *)far + 200000, 100000) == 0);

    struct ibv_sge into = { (uintptr_t)far, 50000, far_mr->lkey };
    struct ibv_recv_wr *bad, receive = { .sg_list = &into, .num_sge = 1 };
    memset(far, 1, 50000);
    CHECK(ibv_post_recv(l.far, &receive, &bad) == 0);
    transfer(&l, IBV_WR_SEND, near_mr, near, 50000, far_mr, far);
    struct ibv_wc completion;
    while (ibv_poll_cq(l.cq, 1, &completion) == 0) {
    }
    CHECK(completion.status == IBV_WC_SUCCESS && completion.byte_len == 50000 && memcmp(near, far, 50000) == 0);
    CHECK(ibv_dereg_mr(far_mr) == 0 && ibv_dereg_mr(near_mr) == 0);
}

static void executable(const char *file)
{
    (void)file;
    unsigned char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    both_ways(memory + PAGE + 5);
}

#define HUGE_PAGES "/proc/sys/vm/nr_hugepages"

static int set_aside_before;

static void set_aside(int pages)
{
    FILE *file = fopen(HUGE_PAGES, "w");
    if (file != NULL) {
        fprintf(file, "%d\n", pages);
        fclose(file);
    }
}

static void set_aside_as_before(void)
{
    set_aside(set_aside_before);
}

static void huge(const char *file)
{
    (void)file;
    const size_t length = 2 << 20;
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (memory == MAP_FAILED) {
        FILE *now = fopen(HUGE_PAGES, "r");
        CHECK(now != NULL && fscanf(now, "%d", &set_aside_before) == 1 && fclose(now) == 0);
        atexit(set_aside_as_before);
        set_aside(set_aside_before + 2);
        memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    }
    if (memory == MAP_FAILED) {
        printf("no huge pages can be set aside (vm.nr_hugepages)\n");
        exit(77);
    }
    both_ways((unsigned char *)memory + PAGE + 5);
}

/* As an ordinary user, who cannot reach the file behind such memory. */
static void shared_anonymous(const char *file)
{
    (void)file;
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct none[2] = { { 0 } };
    CHECK(syscall(SYS_capset, &header, none) == 0);
    unsigned char *memory = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    both_ways(memory + PAGE + 5);
    int id = shmget(IPC_PRIVATE, 8 * PAGE, IPC_CREAT | 0600);
    CHECK(id >= 0);
    memory = shmat(id, NULL, 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0 && memory != (void *)-1);
    both_ways(memory + PAGE + 5);
}

static void limited_files(const char *file)
{
    (void)file;
    struct rlimit limit = { PAGE, PAGE };
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    both_ways((unsigned char *)anonymous(8 * PAGE) + PAGE + 5);
}

static void give_up_locking(void)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[2];
    CHECK(syscall(SYS_capget, &header, sets) == 0);
    sets[0].effective &= ~(1U << CAP_IPC_LOCK);
    CHECK(syscall(SYS_capset, &header, sets) == 0);
}

/* What is registered counts against RLIMIT_MEMLOCK, and what is deregistered no more. */
static void locked_memory(const char *file)
{
    (void)file;
    unsigned char *memory = anonymous(64 * PAGE);
    struct rlimit limit = { 40 * PAGE, 40 * PAGE };
    CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    struct ibv_mr *privileged = ibv_reg_mr(l.pd, memory, 64 * PAGE, EVERYTHING);
    CHECK(privileged != NULL || geteuid() != 0);
    CHECK(privileged == NULL || ibv_dereg_mr(privileged) == 0);
    give_up_locking();
    refused(memory, 64 * PAGE, ENOMEM);
    struct ibv_mr *most = ibv_reg_mr(l.pd, memory, 30 * PAGE, EVERYTHING);
    CHECK(most != NULL);
    refused(memory, 30 * PAGE, ENOMEM);
    CHECK(ibv_dereg_mr(most) == 0);
    both_ways(memory + 5);
}

/* More pieces than a message has descriptors. */
static void many_pieces(const char *file)
{
    (void)file;
    int fd = memfd_create("mine", 0);
    CHECK(fd >= 0 && ftruncate(fd, 200 * PAGE) == 0);
    unsigned char *memory = anonymous(200 * PAGE);
    for (int i = 0; i < 200; i++)
        map_over(memory + i * PAGE, fd, 199 - i);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, 200 * PAGE, EVERYTHING);
    CHECK(mr != NULL);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory + 100 * PAGE);
    CHECK(memcmp(memory + 100 * PAGE, source, LENGTH) == 0);
}

/* After exec the memory is gone, which the device finds out: the child still has the device open. */
static void stale(const char *file)
{
    (void)file;
    unsigned char memory[LENGTH];
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    int gone[2], done[2];
    CHECK(mr != NULL && pipe2(gone, O_CLOEXEC) == 0 && pipe(done) == 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        CHECK(close(gone[1]) == 0 && read(gone[0], &byte, 1) == 0);
        enum ibv_wc_status status = transfer_status(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory);
        CHECK(status == IBV_WC_REM_ACCESS_ERR);
        CHECK(write(done[1], "k", 1) == 1);
        _exit(0);
    }
    char number[16];
    snprintf(number, sizeof number, "%d", done[0]);
    CHECK(close(done[1]) == 0);
    setenv("DONE", number, 1);
    execlp("sh", "sh", "-c", "eval \"dd bs=1 count=1 <&$DONE 2>/dev/null\" | grep -q k", NULL);
    CHECK(false);
}

/* A client whose page faults wait for ever holds up itself, and no other. */
static void held_up(const char *file)
{
    (void)file;
    int ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (child == 0) {
        l = open_loopback();
        unsigned char *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(memory != MAP_FAILED);
        source = malloc(LENGTH);
        CHECK((source_mr = ibv_reg_mr(l.pd, source, LENGTH, EVERYTHING)) != NULL);
        struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, 4 * PAGE, EVERYTHING);
        CHECK(mr != NULL);
        int held = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
        struct uffdio_api api = { .api = UFFD_API };
        struct uffdio_register range = { .range = { (uintptr_t)memory, 4 * PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING };
        CHECK(held >= 0 && ioctl(held, UFFDIO_API, &api) == 0 && ioctl(held, UFFDIO_REGISTER, &range) == 0);
        struct ibv_sge sge = { (uintptr_t)source, LENGTH, source_mr->lkey };
        struct ibv_send_wr *bad, request = {
            .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED,
            .wr.rdma = { .remote_addr = (uintptr_t)memory, .rkey = mr->rkey },
        };
        CHECK(ibv_post_send(l.near, &request, &bad) == 0);
        struct pollfd fault = { held, POLLIN, 0 };
        CHECK(poll(&fault, 1, -1) == 1);
        CHECK(write(ready[1], "r", 1) == 1);
        pause();
    }
    CHECK(close(ready[1]) == 0 && read(ready[0], &byte, 1) == 1);
    for (int i = 0; i < 20; i++) {
        stack(file);
        heap(file);
    }
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    stack(file);
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

/* All of the address space, which a device without IBV_ODP_SUPPORT_IMPLICIT refuses with EINVAL (mlx5, rxe); nothing is left of it. */
static void implicit(const char *file)
{
    (void)file;
    struct ibv_device_attr_ex attributes;
    CHECK(ibv_query_device_ex(l.context, NULL, &attributes) == 0);
    CHECK((attributes.odp_caps.general_caps & IBV_ODP_SUPPORT) != 0 && (attributes.odp_caps.general_caps & IBV_ODP_SUPPORT_IMPLICIT) == 0);
    CHECK(ibv_reg_mr(l.pd, NULL, SIZE_MAX, EVERYTHING | IBV_ACCESS_ON_DEMAND) == NULL && errno == EINVAL);
    CHECK(ibv_reg_mr(l.pd, NULL, SIZE_MAX, EVERYTHING) == NULL && errno == EINVAL);
    unsigned char *memory = malloc(LENGTH);
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING | IBV_ACCESS_ON_DEMAND);
    CHECK(mr != NULL);
    transfer(&l, IBV_WR_RDMA_WRITE, source_mr, source, LENGTH, mr, memory);
    CHECK(memcmp(memory, source, LENGTH) == 0);
}

static const struct {
    const char *name;
    void (*run)(const char *file);
} cases[] = {
    { "heap", heap }, { "anonymous", mapped }, { "statics", statics }, { "read-only", read_only }, { "shared-file", shared_file }, { "pinned-file", pinned_file }, { "on-demand", on_demand }, { "implicit", implicit },
    { "memory-file", memory_file }, { "stack", stack }, { "thread-stack", thread_stack }, { "other-stack", other_stack },
    { "every-operation", every_operation }, { "executable", executable }, { "huge", huge }, { "shared-anonymous", shared_anonymous },
    { "limited-files", limited_files }, { "locked-memory", locked_memory }, { "many-pieces", many_pieces }, { "stale", stale }, { "held-up", held_up }, { "several-files", several_files },
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
