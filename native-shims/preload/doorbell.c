#include "doorbell.h"
#include "libc.h"

#include <errno.h>
#include <rdma/ib_user_verbs.h>
#include <string.h>

/* IB_QPS_RTS, ready to send: of enum ib_qp_state, which no header for programs has (IBTA 10.3.1). */
#define READY_TO_SEND 3

struct post_send {
    struct ib_uverbs_cmd_hdr header;
    struct ib_uverbs_post_send body;
};

_Static_assert(sizeof(struct post_send) == 32, "rdma/ib_user_verbs.h");

bool doorbell_is(const void *bytes, size_t length)
{
    uint32_t command;
    if (length < sizeof(struct post_send))
        return false;
    memcpy(&command, bytes, sizeof command);
    return command == IB_USER_VERBS_CMD_POST_SEND;
}

static void ring(struct daxemu_doorbell *doorbell, uint32_t handle)
{
    uint32_t word = handle / 64;

    /* Release: the worker that takes the bits acquires, and then sees the ring's new producer index (daxemu/device.h). */
    __atomic_fetch_or(&doorbell->bits[word], UINT64_C(1) << (handle % 64), __ATOMIC_RELEASE);
    __atomic_fetch_or(&doorbell->summary[word / 64], UINT64_C(1) << (word % 64), __ATOMIC_RELEASE);

    /* Pairs with the worker's barrier between saying that it sleeps and its last look. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

ssize_t doorbell_ring(struct session *session, const void *bytes, size_t length)
{
    struct post_send command;
    memcpy(&command, bytes, sizeof command);
    uint32_t handle = command.body.qp_handle;
    struct daxemu_doorbell *doorbell = session->doorbell;
    if (handle >= DAXEMU_DOORBELL_QPS || __atomic_load_n(&doorbell->qp_state[handle], __ATOMIC_RELAXED) < READY_TO_SEND) {
        errno = EINVAL;
        return -1;
    }

    ring(doorbell, handle);
    if (__atomic_load_n(&doorbell->worker_asleep, __ATOMIC_RELAXED) != 0) {
        const uint64_t one = 1;
        int saved = errno;
        raw_write(atomic_load_explicit(&session->wake, memory_order_relaxed), &one, sizeof one);
        errno = saved;
    }
    if (command.body.response != 0)
        ((struct ib_uverbs_post_send_resp *)(uintptr_t)command.body.response)->bad_wr = 0;
    return (ssize_t)length;
}
