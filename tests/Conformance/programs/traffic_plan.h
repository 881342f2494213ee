/*
 * The work requests of one direction of a connection, computed from a seed: the sender posts them, and the receiver computes them again to
 * know what must arrive. Nothing in them depends on time.
 */
#ifndef TRAFFIC_PLAN_H
#define TRAFFIC_PLAN_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SLOT 2048           /* bytes; no message is longer */
#define SEND_DEPTH 32       /* work requests in a send queue */
#define RECEIVE_DEPTH 32    /* work requests in a receive queue */
#define WRITE_SLOTS 16      /* where RDMA WRITE without immediate data goes, in turn */
#define LONGEST_INLINE 64
#define LONGEST_UNSIGNALLED 7 /* so that a queue never fills with requests that nothing tells the end of */

struct plan {
    uint64_t seed, length; /* of the direction; work requests in it */
    uint64_t next;         /* number of the request that plan_next gives */
    uint64_t arrivals;     /* receives used up so far */
    uint64_t writes;       /* RDMA WRITEs so far */
    uint64_t counter;      /* what the remote counter holds once all so far is done */
    unsigned unsignalled;
};

struct planned {
    uint64_t number;
    enum ibv_wr_opcode opcode;
    bool is_signalled, is_inline, in_two_parts, takes_receive;
    uint32_t length;
    uint32_t immediate;
    uint64_t arrival;           /* number of the receive it takes */
    uint64_t write;             /* number of the WRITE that it is, or whose slot a READ reads */
    uint64_t counter_before;    /* of an atomic */
    uint64_t compare_add, swap;
};

/* splitmix64's finaliser. */
static inline uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/* The bytes of a message: its number, then words that depend on seed and number; whole words, so up to 7 bytes more than its length. */
static inline void fill_message(void *slot, uint64_t seed, uint64_t number, uint32_t length)
{
    uint64_t *words = slot, word = mixed(seed ^ number);
    words[0] = number ^ seed;
    for (uint32_t i = 1; i * 8 < length; i++) {
        words[i] = word += 0x9e3779b97f4a7c15;
    }
}

static inline bool is_message(const void *slot, uint64_t seed, uint64_t number, uint32_t length)
{
    uint64_t message[SLOT / 8];
    fill_message(message, seed, number, length);
    return memcmp(slot, message, length) == 0;
}

static inline uint32_t planned_length(uint64_t random)
{
    uint32_t small = 1 + (random >> 8) % LONGEST_INLINE;
    switch (random % 32) {
    case 0:
        return 1 + (random >> 8) % SLOT;
    case 1:
    case 2:
    case 3:
        return small * 4;
    default:
        return small;
    }
}

static inline enum ibv_wr_opcode planned_opcode(uint64_t random)
{
    static const enum ibv_wr_opcode opcodes[16] = {
        IBV_WR_SEND, IBV_WR_SEND, IBV_WR_SEND, IBV_WR_SEND_WITH_IMM, IBV_WR_SEND_WITH_IMM, IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE,
        IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_RDMA_READ,
        IBV_WR_RDMA_READ, IBV_WR_RDMA_READ, IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WR_ATOMIC_CMP_AND_SWP,
    };
    return opcodes[random % 16];
}

/* The next request; there must be one. */
static inline struct planned plan_next(struct plan *plan)
{
    uint64_t random = mixed(plan->seed + plan->next * 0x9e3779b97f4a7c15), detail = mixed(random);
    struct planned p = { .number = plan->next++, .opcode = planned_opcode(random), .length = planned_length(detail) };
    if (p.opcode == IBV_WR_RDMA_READ && plan->writes == 0) {
        p.opcode = IBV_WR_RDMA_WRITE;
    }
    p.is_signalled = (random & 0x10) == 0 || plan->unsignalled == LONGEST_UNSIGNALLED || plan->next == plan->length;
    plan->unsignalled = p.is_signalled ? 0 : plan->unsignalled + 1;
    switch (p.opcode) {
    case IBV_WR_RDMA_READ:
        p.write = plan->writes - 1;
        break;
    case IBV_WR_RDMA_WRITE:
        p.write = plan->writes++;
        break;
    case IBV_WR_ATOMIC_FETCH_AND_ADD:
        p.counter_before = plan->counter;
        p.compare_add = detail;
        plan->counter += detail;
        break;
    case IBV_WR_ATOMIC_CMP_AND_SWP:
        p.counter_before = plan->counter;
        p.compare_add = plan->counter + ((random >> 6) % 4 == 0); /* sometimes it does not match */
        p.swap = detail;
        plan->counter = p.compare_add == p.counter_before ? detail : plan->counter;
        break;
    default:
        p.takes_receive = true;
        p.arrival = plan->arrivals++;
        p.immediate = (uint32_t)detail;
        break;
    }
    bool carries = p.opcode != IBV_WR_RDMA_READ && p.opcode != IBV_WR_ATOMIC_FETCH_AND_ADD && p.opcode != IBV_WR_ATOMIC_CMP_AND_SWP;
    p.is_inline = carries && p.length <= LONGEST_INLINE && (random >> 8) % 2 == 0;
    p.in_two_parts = carries && p.length > 16 && (random >> 9) % 4 == 0;
    return p;
}

#endif
