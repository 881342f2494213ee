/*
 * many_qps REQUESTS [PATIENCE [FAULT]]: 4 processes drive 256 reliable queue pairs at once, REQUESTS work requests in all, and check that
 * every completion comes exactly once and in order and that every byte is right. It fails when nothing completes for PATIENCE seconds.
 * With FAULT one completion is tampered with after the device has delivered it, which must be noticed.
 */
#include "completion_ledger.h"
#include "loopback.h"
#include "traffic_plan.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 4
#define QPS 64 /* of each process */
#define LONGEST_CHAIN 8
#define POLLED 32
#define RECEIVE_ID (1UL << 63)
#define FAULTY_COMPLETION 5000

/* What a queue pair's peer reaches of it. */
struct memory {
    unsigned char sent[SEND_DEPTH][SLOT]; /* sources of SEND and WRITE, results of READ and atomics */
    unsigned char received[RECEIVE_DEPTH][SLOT];
    /* Of WRITE with immediate data: twice the depth, since bytes may land before the receive is there to be taken. */
    unsigned char announced[2 * RECEIVE_DEPTH][SLOT];
    unsigned char written[WRITE_SLOTS][SLOT];
    uint64_t counter;
} __attribute__((aligned(4096)));

/* What the processes tell each other. */
struct meeting {
    struct {
        uint32_t number, rkey;
        struct memory *memory;
    } qps[PROCESSES][QPS];
    atomic_int ready, done, gone;
};

struct connection {
    unsigned process, index;        /* the peer's */
    struct ibv_qp *qp;
    struct ibv_mr *mr;
    struct memory *memory;
    struct plan outgoing, incoming; /* the second is ahead by the receives posted */
    uint64_t arrivals;              /* of incoming in all */
    uint64_t retired;               /* outgoing requests that are known to be over */
    uint64_t posted_receives;
    struct planned sent[SEND_DEPTH], expected[RECEIVE_DEPTH];
    bool is_held; /* the next outgoing request is made, in held, and waits for room */
    struct planned held;
    unsigned reads_under_way[WRITE_SLOTS];
    struct {
        uint64_t number;
        uint32_t length;
    } slots[WRITE_SLOTS]; /* what was last written there */
    struct completion_ledger sends, receives;
};

static struct meeting *meeting;
static unsigned self;
static struct connection connections[QPS];
static struct ibv_cq *cqs[5];
static struct ibv_comp_channel *channel;
static uint64_t completions;
static const char *fault = "";
static bool has_faulted;
static bool holds_one;
static struct ibv_wc held_back;

static void fail(const char *sentence)
{
    fprintf(stderr, "process %u, completion %lu: %s\n", self, completions, sentence);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t seed_of(unsigned process, unsigned index)
{
    return mixed(process * QPS + index + 1);
}

/* The first takes sends and receives of half of the queue pairs; of the other pairs of queues, one is polled and one wakes a channel. */
static struct ibv_cq *cq_of(unsigned index, bool receives)
{
    return cqs[index < 32 ? 0 : (index < 48 ? 1 : 3) + receives];
}

static void post_receive(struct connection *c)
{
    struct planned p;
    do {
        p = plan_next(&c->incoming);
    } while (!p.takes_receive);
    uint64_t number = c->posted_receives++;
    struct ibv_sge sge = { (uintptr_t)c->memory->received[number % RECEIVE_DEPTH], SLOT, c->mr->lkey };
    struct ibv_recv_wr *bad, request = {
        .wr_id = RECEIVE_ID | (uint64_t)(c - connections) << 40 | number, .sg_list = &sge, .num_sge = 1,
    };
    c->expected[number % RECEIVE_DEPTH] = p;
    bool is_write = p.opcode == IBV_WR_RDMA_WRITE_WITH_IMM;
    ledger_add(&c->receives, (struct expected_completion){
        .wr_id = request.wr_id, .opcode = is_write ? IBV_WC_RECV_RDMA_WITH_IMM : IBV_WC_RECV, .byte_len = p.length,
        .has_immediate = is_write || p.opcode == IBV_WR_SEND_WITH_IMM, .immediate = htonl(p.immediate),
    });
    CHECK(ibv_post_recv(c->qp, &request, &bad) == 0);
}

static enum ibv_wc_opcode completed_as(enum ibv_wr_opcode opcode)
{
    switch (opcode) {
    case IBV_WR_SEND:
    case IBV_WR_SEND_WITH_IMM:
        return IBV_WC_SEND;
    case IBV_WR_RDMA_READ:
        return IBV_WC_RDMA_READ;
    case IBV_WR_ATOMIC_FETCH_AND_ADD:
        return IBV_WC_FETCH_ADD;
    case IBV_WR_ATOMIC_CMP_AND_SWP:
        return IBV_WC_COMP_SWAP;
    default:
        return IBV_WC_RDMA_WRITE;
    }
}

/* False when the send queue is full, or when a READ under way may still read what the next WRITE would change. */
static bool hold_next(struct connection *c)
{
    if (!c->is_held) {
        if (c->outgoing.next == c->outgoing.length) {
            return false;
        }
        c->held = plan_next(&c->outgoing);
        c->is_held = true;
    }
    return c->held.number - c->retired < SEND_DEPTH
        && !(c->held.opcode == IBV_WR_RDMA_WRITE && c->reads_under_way[c->held.write % WRITE_SLOTS] != 0);
}

static void prepare(struct connection *c, struct ibv_send_wr *request, struct ibv_sge sges[2])
{
    struct planned p = c->held;
    struct memory *remote = meeting->qps[c->process][c->index].memory;
    uint32_t rkey = meeting->qps[c->process][c->index].rkey;
    unsigned char *slot = c->memory->sent[p.number % SEND_DEPTH];
    void *target = NULL;
    switch (p.opcode) {
    case IBV_WR_RDMA_WRITE:
        target = remote->written[p.write % WRITE_SLOTS];
        c->slots[p.write % WRITE_SLOTS].number = p.number;
        c->slots[p.write % WRITE_SLOTS].length = p.length;
        break;
    case IBV_WR_RDMA_WRITE_WITH_IMM:
        target = remote->announced[p.arrival % (2 * RECEIVE_DEPTH)];
        break;
    case IBV_WR_RDMA_READ:
        target = remote->written[p.write % WRITE_SLOTS];
        p.length = c->slots[p.write % WRITE_SLOTS].length;
        p.arrival = c->slots[p.write % WRITE_SLOTS].number;
        c->reads_under_way[p.write % WRITE_SLOTS]++;
        break;
    case IBV_WR_ATOMIC_FETCH_AND_ADD:
    case IBV_WR_ATOMIC_CMP_AND_SWP:
        target = &remote->counter;
        p.length = 8;
        break;
    default:
        break;
    }
    fill_message(slot, c->outgoing.seed, p.number, p.length);
    uint32_t first = p.in_two_parts ? p.length / 2 : p.length;
    sges[0] = (struct ibv_sge){ (uintptr_t)slot, first, c->mr->lkey };
    sges[1] = (struct ibv_sge){ (uintptr_t)slot + first, p.length - first, c->mr->lkey };
    *request = (struct ibv_send_wr){
        .wr_id = (uint64_t)(c - connections) << 40 | p.number, .sg_list = sges, .num_sge = p.in_two_parts ? 2 : 1, .opcode = p.opcode,
        .send_flags = (p.is_signalled ? IBV_SEND_SIGNALED : 0U) | (p.is_inline ? IBV_SEND_INLINE : 0U), .imm_data = htonl(p.immediate),
    };
    if (p.opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || p.opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
        request->wr.atomic.remote_addr = (uintptr_t)target;
        request->wr.atomic.rkey = rkey;
        request->wr.atomic.compare_add = p.compare_add;
        request->wr.atomic.swap = p.swap;
    } else {
        request->wr.rdma.remote_addr = (uintptr_t)target;
        request->wr.rdma.rkey = rkey;
    }
    c->sent[p.number % SEND_DEPTH] = p;
    c->is_held = false;
    if (p.is_signalled) {
        ledger_add(&c->sends, (struct expected_completion){ .wr_id = request->wr_id, .opcode = completed_as(p.opcode) });
    }
}

/* Posts what fits, several requests to a doorbell. */
static bool post_sends(struct connection *c)
{
    struct ibv_send_wr requests[LONGEST_CHAIN], *bad;
    struct ibv_sge sges[LONGEST_CHAIN][2];
    unsigned count = 0;
    while (count < LONGEST_CHAIN && hold_next(c)) {
        prepare(c, &requests[count], sges[count]);
        if (count > 0) {
            requests[count - 1].next = &requests[count];
        }
        count++;
    }
    if (count == 0) {
        return false;
    }
    CHECK(ibv_post_send(c->qp, requests, &bad) == 0);
    for (unsigned i = 0; i < count; i++) {
        if ((requests[i].send_flags & IBV_SEND_INLINE) != 0) {
            memset((void *)sges[i][0].addr, 0xee, sges[i][0].length); /* its bytes were taken already */
        }
    }
    return true;
}

static bool is_chosen(const char *kind)
{
    if (has_faulted || strcmp(fault, kind) != 0 || completions < FAULTY_COMPLETION) {
        return false;
    }
    has_faulted = true;
    return true;
}

static void take_result(struct connection *c, const struct planned *p)
{
    unsigned char *slot = c->memory->sent[p->number % SEND_DEPTH];
    if (p->opcode == IBV_WR_RDMA_READ) {
        c->reads_under_way[p->write % WRITE_SLOTS]--;
        slot[0] ^= is_chosen("read");
        if (!is_message(slot, c->outgoing.seed, p->arrival, p->length)) {
            fail("an RDMA READ did not bring what was written before");
        }
    } else if (p->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || p->opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
        uint64_t before;
        memcpy(&before, slot, sizeof(before));
        before += is_chosen("atomic");
        if (before != p->counter_before) {
            fail("an atomic operation found what was not there: one before it was lost or done twice");
        }
    }
}

static void judge(struct ibv_wc *wc)
{
    char sentence[200];
    bool is_receive = (wc->wr_id & RECEIVE_ID) != 0;
    unsigned index = (unsigned)((wc->wr_id & ~RECEIVE_ID) >> 40);
    if (index >= QPS) {
        fail("a completion has an id that was never given");
    }
    struct connection *c = &connections[index];
    if (!ledger_judge(is_receive ? &c->receives : &c->sends, wc, sentence, sizeof(sentence))) {
        fail(sentence);
    }
    completions++;
    uint64_t number = wc->wr_id & ((1UL << 40) - 1);
    if (!is_receive) {
        for (; c->retired <= number; c->retired++) {
            take_result(c, &c->sent[c->retired % SEND_DEPTH]);
        }
        return;
    }
    const struct planned *p = &c->expected[number % RECEIVE_DEPTH];
    unsigned char *bytes = p->opcode == IBV_WR_RDMA_WRITE_WITH_IMM ? c->memory->announced[number % (2 * RECEIVE_DEPTH)]
                                                                   : c->memory->received[number % RECEIVE_DEPTH];
    bytes[p->length - 1] ^= is_chosen("payload");
    if (!is_message(bytes, c->incoming.seed, p->number, p->length)) {
        fail("a message arrived with other bytes than it was sent with");
    }
    if (c->posted_receives < c->arrivals) {
        post_receive(c);
    }
}

static bool is_same_queue(const struct ibv_wc *a, const struct ibv_wc *b)
{
    return a->wr_id >> 40 == b->wr_id >> 40;
}

/* Between the device and the judge: where a faulty device is played. */
static void deliver(struct ibv_wc *wc)
{
    if (is_chosen("drop")) {
        return;
    }
    if (is_chosen("double")) {
        struct ibv_wc again = *wc;
        judge(wc);
        judge(&again);
        return;
    }
    if (is_chosen("swap")) {
        held_back = *wc;
        holds_one = true;
        return;
    }
    const struct connection *c = &connections[(wc->wr_id & ~RECEIVE_ID) >> 40 & (QPS - 1)];
    if ((wc->wr_id & RECEIVE_ID) == 0 && (wc->wr_id & ((1UL << 40) - 1)) == c->outgoing.length - 1 && is_chosen("drop-last")) {
        return;
    }
    if (is_chosen("status")) {
        wc->status = IBV_WC_RETRY_EXC_ERR;
    }
    if (is_chosen("other-qp")) {
        wc->qp_num ^= 1;
    }
    if ((wc->wr_id & RECEIVE_ID) != 0) {
        wc->byte_len += is_chosen("length");
        if ((wc->wc_flags & IBV_WC_WITH_IMM) != 0) {
            wc->imm_data ^= is_chosen("immediate");
        }
    } else if (wc->opcode != IBV_WC_SEND && is_chosen("opcode")) {
        wc->opcode = IBV_WC_SEND;
    }
    judge(wc);
    if (holds_one && is_same_queue(wc, &held_back)) {
        holds_one = false;
        judge(&held_back);
    }
}

static bool poll_one(struct ibv_cq *cq)
{
    struct ibv_wc wcs[POLLED];
    int polled = ibv_poll_cq(cq, POLLED, wcs);
    CHECK(polled >= 0);
    for (int i = 0; i < polled; i++) {
        deliver(&wcs[i]);
    }
    return polled > 0;
}

/* Queues with a channel are looked at only when it says so: a lost event leaves them lie. */
static bool poll_all(void)
{
    bool any = false;
    for (unsigned i = 0; i < 3; i++) {
        any |= poll_one(cqs[i]);
    }
    struct ibv_cq *cq;
    void *context;
    while (ibv_get_cq_event(channel, &cq, &context) == 0) {
        ibv_ack_cq_events(cq, 1);
        if (is_chosen("event")) {
            continue;
        }
        CHECK(ibv_req_notify_cq(cq, 0) == 0);
        while (poll_one(cq)) {
        }
        any = true;
    }
    CHECK(errno == EAGAIN);
    return any;
}

static void report_what_is_missing(void)
{
    for (unsigned i = 0; i < QPS; i++) {
        const struct connection *c = &connections[i];
        if (c->sends.judged != c->sends.added || c->receives.judged != c->arrivals) {
            fprintf(stderr, "process %u, qp %x: %lu of %lu posted signalled sends and %lu of %lu receives completed\n", self,
                    c->qp->qp_num, c->sends.judged, c->sends.added, c->receives.judged, c->arrivals);
        }
    }
}

static bool is_over(void)
{
    for (unsigned i = 0; i < QPS; i++) {
        const struct connection *c = &connections[i];
        if (c->retired != c->outgoing.length || c->receives.judged != c->arrivals) {
            return false;
        }
    }
    return true;
}

static void meet(atomic_int *place)
{
    atomic_fetch_add(place, 1);
    while (atomic_load(place) < PROCESSES) {
        usleep(1000);
    }
}

static void open_all(struct ibv_context *context, uint64_t length)
{
    struct ibv_pd *pd = ibv_alloc_pd(context);
    CHECK(pd != NULL && (channel = ibv_create_comp_channel(context)) != NULL);
    CHECK(fcntl(channel->fd, F_SETFL, fcntl(channel->fd, F_GETFL) | O_NONBLOCK) == 0);
    for (unsigned i = 0; i < 5; i++) {
        CHECK((cqs[i] = ibv_create_cq(context, QPS * (SEND_DEPTH + RECEIVE_DEPTH), NULL, i >= 3 ? channel : NULL, 0)) != NULL);
        CHECK(i < 3 || ibv_req_notify_cq(cqs[i], 0) == 0);
    }
    struct memory *memory = mmap(NULL, QPS * sizeof(struct memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    for (unsigned i = 0; i < QPS; i++) {
        struct connection *c = &connections[i];
        *c = (struct connection){ .process = self ^ (i % (PROCESSES - 1) + 1), .index = i, .memory = &memory[i] };
        c->outgoing = (struct plan){ .seed = seed_of(self, i), .length = length };
        c->incoming = (struct plan){ .seed = seed_of(c->process, i), .length = length };
        for (struct plan all = c->incoming; all.next < all.length;) {
            c->arrivals += plan_next(&all).takes_receive;
        }
        CHECK((c->mr = ibv_reg_mr(pd, c->memory, sizeof(struct memory), EVERYTHING)) != NULL);
        struct ibv_qp_init_attr attributes = {
            .send_cq = cq_of(i, false), .recv_cq = cq_of(i, true), .qp_type = IBV_QPT_RC,
            .cap = { .max_send_wr = SEND_DEPTH, .max_recv_wr = RECEIVE_DEPTH, .max_send_sge = 2, .max_recv_sge = 1,
                     .max_inline_data = LONGEST_INLINE },
        };
        CHECK((c->qp = ibv_create_qp(pd, &attributes)) != NULL);
        c->sends.qp_num = c->receives.qp_num = c->qp->qp_num;
        meeting->qps[self][i].number = c->qp->qp_num;
        meeting->qps[self][i].rkey = c->mr->rkey;
        meeting->qps[self][i].memory = c->memory;
    }
    meet(&meeting->ready);
    for (unsigned i = 0; i < QPS; i++) {
        connect_to(connections[i].qp, meeting->qps[connections[i].process][i].number);
        while (connections[i].posted_receives < RECEIVE_DEPTH && connections[i].posted_receives < connections[i].arrivals) {
            post_receive(&connections[i]);
        }
    }
}

/* Peers are done too: nothing may come any more, and memory is as their requests leave it. */
static void check_the_end(void)
{
    poll_all();
    for (unsigned i = 0; i < QPS; i++) {
        const struct connection *c = &connections[i];
        struct plan all = { .seed = c->incoming.seed, .length = c->incoming.length };
        struct planned last[WRITE_SLOTS] = { 0 };
        while (all.next < all.length) {
            struct planned p = plan_next(&all);
            if (p.opcode == IBV_WR_RDMA_WRITE) {
                last[p.write % WRITE_SLOTS] = p;
            }
        }
        for (unsigned slot = 0; slot < WRITE_SLOTS; slot++) {
            if (last[slot].length != 0 && !is_message(c->memory->written[slot], all.seed, last[slot].number, last[slot].length)) {
                fail("the last bytes written are not there");
            }
        }
        if (c->memory->counter != all.counter) {
            fail("the counter does not hold what all atomic operations together make of it");
        }
        CHECK(ibv_destroy_qp(c->qp) == 0);
        CHECK(ibv_dereg_mr(c->mr) == 0);
    }
    for (unsigned i = 0; i < 5; i++) {
        CHECK(ibv_destroy_cq(cqs[i]) == 0);
    }
}

static void drive(uint64_t length, double patience)
{
    int count;
    struct ibv_device **devices = ibv_get_device_list(&count);
    CHECK(devices != NULL && count >= 1);
    struct ibv_context *context = ibv_open_device(devices[0]);
    CHECK(context != NULL);
    open_all(context, length);
    double last = now();
    while (!is_over()) {
        bool any = poll_all();
        for (unsigned i = 0; i < QPS; i++) {
            any |= post_sends(&connections[i]);
        }
        if (any) {
            last = now();
        } else if (now() - last > patience) {
            report_what_is_missing();
            fail("nothing completes any more");
        } else {
            sched_yield();
        }
    }
    meet(&meeting->done);
    check_the_end();
    meet(&meeting->gone);
    printf("process %u: %lu work requests, %lu completions\n", self, QPS * length, completions);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 2);
    uint64_t length = (strtoull(argv[1], NULL, 10) + PROCESSES * QPS - 1) / (PROCESSES * QPS);
    double patience = argc > 2 ? atof(argv[2]) : 60;
    meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(meeting != MAP_FAILED);
    double start = now();
    pid_t children[PROCESSES];
    for (self = 0; self < PROCESSES; self++) {
        if ((children[self] = fork()) == 0) {
            fault = self == 0 && argc > 3 ? argv[3] : "";
            drive(length, patience);
            exit(0);
        }
        CHECK(children[self] > 0);
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status;
        pid_t ended = wait(&status);
        CHECK(ended > 0);
        for (unsigned j = 0; j < PROCESSES; j++) {
            children[j] = children[j] == ended ? 0 : children[j];
            if (status != 0 && children[j] != 0) {
                kill(children[j], SIGKILL);
            }
        }
        if (status != 0) {
            return 1;
        }
    }
    printf("%lu work requests on %d queue pairs in %.1f s\n", PROCESSES * QPS * length, PROCESSES * QPS, now() - start);
    return 0;
}
