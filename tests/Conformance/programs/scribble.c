/*
 * scribble ROUNDS SEED: processes that write what they like into their own rings and doorbells, most of it nearly right, so that it gets
 * far. They know of a region of another process and of queue pairs that are not theirs, and reach for them. At the end the region of the
 * other must be as it was. Prints how many work requests of them ended with which status.
 */
#include "loopback.h"

#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_rxe.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 2
#define PAIRS 4
#define QUEUES (2 * PAIRS)
#define SCRIBBLES 16 /* of a round and queue pair */
#define MEMORY 65536
#define STATUSES 32

/* In shared memory: what the parent told its children, and what they found. */
struct told {
    uint32_t rkey;
    uint64_t address;
    uint64_t requests, statuses[STATUSES];
};

/* A ring or the doorbell, wherever this process has it mapped. */
struct area {
    unsigned char *bytes;
    size_t length;
};

static struct told *told;
static uint64_t state, tameness;
static struct ibv_context *context;
static struct ibv_pd *pd;
static struct ibv_cq *cq;
static struct ibv_qp *qps[QUEUES];
static struct ibv_mr *mr;
static unsigned char *memory;
static struct area sends[QUEUES + 1], receives[QUEUES + 1], completions[2], doorbells[2];

static uint64_t chance(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

/* Some rounds are tamer than others: one mistake is the end of a queue pair. */
static bool rarely(uint64_t one_in)
{
    return chance(one_in * tameness) == 0;
}

static uint32_t breaker(void)
{
    static const uint32_t breakers[] = { 0, 1, 2, 31, 32, 255, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };
    return chance(4) == 0 ? (uint32_t)chance(1UL << 32) : breakers[chance(sizeof(breakers) / sizeof(breakers[0]))];
}

static unsigned find_areas(const char *name, struct area *areas, unsigned room)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    char line[512];
    unsigned count = 0;
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start, end;
        if (strstr(line, name) != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2 && count < room) {
            areas[count++] = (struct area){ (unsigned char *)start, end - start };
        }
    }
    fclose(maps);
    return count;
}

static void ring(struct ibv_qp *qp)
{
    struct {
        struct ib_uverbs_cmd_hdr header;
        struct ib_uverbs_post_send command;
    } message = {
        .header = { .command = IB_USER_VERBS_CMD_POST_SEND, .in_words = sizeof(message) / 4, .out_words = 1 },
        .command = { .response = (uintptr_t)&state, .qp_handle = qp->handle },
    };
    message.command.response = 0;
    ssize_t written = write(context->cmd_fd, &message, sizeof(message));
    (void)written; /* before RTS it is refused */
}

static void fill_sges(struct rxe_sge *sges, uint32_t count, size_t room)
{
    for (uint32_t i = 0; i < count && (i + 1) * sizeof(*sges) <= room; i++) {
        sges[i].addr = rarely(16) ? breaker() : (uintptr_t)memory + chance(MEMORY);
        sges[i].length = rarely(8) ? breaker() : (uint32_t)chance(512);
        sges[i].lkey = rarely(8) ? breaker() : rarely(16) ? told->rkey : mr->lkey;
    }
}

static void scribble_work(unsigned char *element, size_t room)
{
    struct rxe_send_wqe *wqe = (struct rxe_send_wqe *)element;
    memset(wqe, 0, sizeof(*wqe));
    wqe->wr.wr_id = chance(1UL << 40);
    wqe->wr.opcode = rarely(16) ? breaker() : (uint32_t)chance(8);
    wqe->wr.send_flags = rarely(8) ? breaker() : IBV_SEND_SIGNALED | (uint32_t)chance(rarely(2) ? 32 : 8);
    bool atomic = wqe->wr.opcode == IBV_WR_ATOMIC_CMP_AND_SWP || wqe->wr.opcode == IBV_WR_ATOMIC_FETCH_AND_ADD;
    bool stranger = rarely(6);
    uint64_t address = stranger ? told->address + chance(MEMORY) : rarely(12) ? breaker() : (uintptr_t)memory + chance(MEMORY);
    uint32_t key = stranger ? told->rkey : rarely(12) ? breaker() : mr->rkey;
    wqe->wr.wr.rdma.remote_addr = atomic ? address & ~7UL : address;
    if (atomic) {
        wqe->wr.wr.atomic.rkey = key;
    } else {
        wqe->wr.wr.rdma.rkey = key;
    }
    wqe->dma.num_sge = rarely(12) ? breaker() : (uint32_t)chance(3);
    fill_sges(wqe->dma.sge, wqe->dma.num_sge, room - sizeof(*wqe));
    for (uint32_t i = 0; i < wqe->dma.num_sge && (i + 1) * sizeof(struct rxe_sge) <= room - sizeof(*wqe); i++) {
        wqe->dma.length += wqe->dma.sge[i].length;
    }
    if (atomic && !rarely(8)) {
        wqe->dma.length = wqe->dma.sge[0].length = 8;
        wqe->dma.num_sge = 1;
    } else if (rarely(12)) {
        wqe->dma.length = breaker();
    }
}

static void scribble_receive(unsigned char *element, size_t room)
{
    struct rxe_recv_wqe *wqe = (struct rxe_recv_wqe *)element;
    memset(wqe, 0, sizeof(*wqe));
    wqe->wr_id = chance(1UL << 40);
    wqe->dma.num_sge = rarely(12) ? breaker() : (uint32_t)chance(3);
    fill_sges(wqe->dma.sge, wqe->dma.num_sge, room - sizeof(*wqe));
}

/* One element at the producer's place, and the index beyond it; or, now and then, anything anywhere. */
static void scribble(struct area area, size_t least, void (*element)(unsigned char *, size_t))
{
    struct rxe_queue_buf *queue = (struct rxe_queue_buf *)area.bytes;
    size_t size = 1UL << (queue->log2_elem_size & 31), place = (size_t)queue->producer_index * size;
    if (rarely(24) || size < least || size > area.length || sizeof(*queue) + place + size > area.length) {
        ((volatile uint32_t *)area.bytes)[chance(3) == 0 ? chance(area.length / 4) : chance(2) == 0 ? 32 : chance(128)] = breaker();
        return;
    }
    element(queue->data + place, size);
    uint32_t next = (queue->producer_index + 1) & queue->index_mask;
    __atomic_store_n(&queue->producer_index, rarely(48) ? breaker() : next, __ATOMIC_RELEASE);
}

/* What came, read without trust in what was scribbled here. */
static void count_completions(uint32_t *seen)
{
    struct rxe_queue_buf *queue = (struct rxe_queue_buf *)completions[0].bytes;
    uint32_t slots = (uint32_t)((completions[0].length - sizeof(*queue)) / sizeof(struct ib_uverbs_wc) / 2);
    while (slots-- > 0 && *seen != __atomic_load_n(&queue->producer_index, __ATOMIC_ACQUIRE)) {
        size_t place = sizeof(*queue) + (size_t)*seen * 64;
        if (place + 64 > completions[0].length) {
            break;
        }
        const struct ib_uverbs_wc *wc = (const struct ib_uverbs_wc *)(completions[0].bytes + place);
        if (wc->status < STATUSES) {
            __atomic_fetch_add(&told->statuses[wc->status], 1, __ATOMIC_RELAXED);
        }
        *seen = (*seen + 1) & queue->index_mask;
    }
    if (chance(4) != 0) {
        __atomic_store_n(&queue->consumer_index, *seen, __ATOMIC_RELEASE);
    }
}

/* Most pairs are connected to each other; one end reaches for a queue pair that may be anybody's. */
static void connect_pair(struct ibv_qp *a, struct ibv_qp *b)
{
    connect_to(a, b->qp_num);
    connect_to(b, chance(8) == 0 ? a->qp_num ^ (uint32_t)(1UL << chance(20)) : a->qp_num);
}

static void make_objects(void)
{
    CHECK((cq = ibv_create_cq(context, 127, NULL, NULL, 0)) != NULL);
    struct ibv_qp_init_attr attributes = {
        .send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
        .cap = { .max_send_wr = 31, .max_recv_wr = 31, .max_send_sge = 2, .max_recv_sge = 2, .max_inline_data = 64 },
    };
    for (unsigned i = 0; i < QUEUES; i++) {
        CHECK((qps[i] = ibv_create_qp(pd, &attributes)) != NULL);
    }
    for (unsigned i = 0; i < PAIRS; i++) {
        connect_pair(qps[2 * i], qps[2 * i + 1]);
    }
    CHECK(find_areas("/memfd:daxemu-sq", sends, QUEUES + 1) == QUEUES);
    CHECK(find_areas("/memfd:daxemu-rq", receives, QUEUES + 1) == QUEUES);
    CHECK(find_areas("/memfd:daxemu-cq", completions, 2) == 1);
    CHECK(find_areas("/memfd:daxemu-doorbell", doorbells, 2) == 1);
}

/* Until the send queues are empty, or have been left alone for a while. */
static void let_the_device_work(void)
{
    for (unsigned i = 0; i < 100; i++) {
        bool empty = true;
        for (unsigned q = 0; q < QUEUES; q++) {
            const struct rxe_queue_buf *queue = (const struct rxe_queue_buf *)sends[q].bytes;
            empty &= __atomic_load_n(&queue->consumer_index, __ATOMIC_ACQUIRE) == queue->producer_index;
        }
        if (empty) {
            return;
        }
        sched_yield();
    }
}

static void run_round(void)
{
    tameness = 1UL << 2 * chance(3);
    make_objects();
    uint32_t seen = 0;
    for (unsigned i = 0; i < SCRIBBLES; i++) {
        for (unsigned q = 0; q < QUEUES; q++) {
            scribble(receives[q], sizeof(struct rxe_recv_wqe), scribble_receive);
            scribble(sends[q], sizeof(struct rxe_send_wqe), scribble_work);
            __atomic_fetch_add(&told->requests, 1, __ATOMIC_RELAXED);
            ring(qps[q]);
        }
        if (rarely(64)) {
            ((volatile uint32_t *)completions[0].bytes)[chance(completions[0].length / 4)] = breaker();
        }
        for (unsigned j = 0; j < 16; j++) {
            ((volatile uint32_t *)doorbells[0].bytes)[chance(doorbells[0].length / 4)] = breaker();
        }
        let_the_device_work();
        count_completions(&seen);
    }
    for (unsigned i = 0; i < QUEUES; i++) {
        CHECK(ibv_destroy_qp(qps[i]) == 0);
    }
    CHECK(ibv_destroy_cq(cq) == 0);
}

static void open_device(void)
{
    struct ibv_device **devices = ibv_get_device_list(NULL);
    CHECK(devices != NULL && devices[0] != NULL);
    CHECK((context = ibv_open_device(devices[0])) != NULL);
    ibv_free_device_list(devices);
    CHECK((pd = ibv_alloc_pd(context)) != NULL);
    memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    memset(memory, 0x5a, MEMORY);
    CHECK((mr = ibv_reg_mr(pd, memory, MEMORY, EVERYTHING)) != NULL);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    unsigned rounds = (unsigned)atoi(argv[1]);
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(told != MAP_FAILED);
    int go[2];
    CHECK(pipe(go) == 0);
    for (unsigned i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            char byte;
            CHECK(read(go[0], &byte, 1) == 1);
            state = strtoull(argv[2], NULL, 10) * PROCESSES + i + 1;
            open_device();
            for (unsigned round = 0; round < rounds; round++) {
                run_round();
            }
            exit(0);
        }
    }
    open_device();
    told->rkey = mr->rkey;
    told->address = (uintptr_t)memory;
    CHECK(write(go[1], "go", 2) == 2);
    bool failed = false;
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status;
        CHECK(wait(&status) > 0);
        if (status != 0) {
            fprintf(stderr, "a scribbling process ended with wait status 0x%x\n", (unsigned)status);
            failed = true;
        }
    }
    for (unsigned i = 0; i < MEMORY; i++) {
        CHECK(memory[i] == 0x5a);
    }
    printf("%lu work requests scribbled\n", told->requests);
    for (unsigned i = 0; i < STATUSES; i++) {
        if (told->statuses[i] != 0) {
            printf("status %u (%s): %lu\n", i, ibv_wc_status_str(i), told->statuses[i]);
        }
    }
    return failed;
}
