/* A device, and two reliable queue pairs of one process that are connected to each other. Failing ends the program with a sentence. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include <errno.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GID_INDEX 3
#define EVERYTHING (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)

#define CHECK(condition)                                                                                      \
    do {                                                                                                      \
        if (!(condition)) {                                                                                   \
            fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n", __FILE__, __LINE__, #condition, strerror(errno)); \
            exit(1);                                                                                          \
        }                                                                                                     \
    } while (0)

struct loopback {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
    struct ibv_qp *near, *far;
};

static inline struct ibv_qp *make_qp(struct loopback *l)
{
    struct ibv_qp_init_attr attributes = {
        .send_cq = l->cq, .recv_cq = l->cq, .qp_type = IBV_QPT_RC,
        .cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 },
    };
    return ibv_create_qp(l->pd, &attributes);
}

/* Takes a queue pair to RTS, connected to one of this device that may be another process's. */
static inline void connect_to(struct ibv_qp *qp, uint32_t peer)
{
    struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = EVERYTHING };
    CHECK(ibv_modify_qp(qp, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS) == 0);
    attributes = (struct ibv_qp_attr){
        .qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = peer, .max_dest_rd_atomic = 1, .min_rnr_timer = 12,
        .ah_attr = { .is_global = 1, .port_num = 1, .grh = { .sgid_index = GID_INDEX, .hop_limit = 1 } },
    };
    CHECK(ibv_query_gid(qp->context, 1, GID_INDEX, &attributes.ah_attr.grh.dgid) == 0);
    CHECK(ibv_modify_qp(qp, &attributes, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
                                             | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER) == 0);
    attributes = (struct ibv_qp_attr){ .qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1 };
    CHECK(ibv_modify_qp(qp, &attributes, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN
                                             | IBV_QP_MAX_QP_RD_ATOMIC) == 0);
}

static inline struct loopback open_loopback(void)
{
    int count;
    struct ibv_device **devices = ibv_get_device_list(&count);
    CHECK(devices != NULL && count == 1);
    struct loopback l = { .context = ibv_open_device(devices[0]) };
    CHECK(l.context != NULL);
    ibv_free_device_list(devices);
    CHECK((l.pd = ibv_alloc_pd(l.context)) != NULL);
    CHECK((l.cq = ibv_create_cq(l.context, 64, NULL, NULL, 0)) != NULL);
    CHECK((l.near = make_qp(&l)) != NULL && (l.far = make_qp(&l)) != NULL);
    connect_to(l.near, l.far->qp_num);
    connect_to(l.far, l.near->qp_num);
    return l;
}

static inline struct ibv_wc next_completion(struct loopback *l)
{
    struct ibv_wc completion;
    int polled;
    while ((polled = ibv_poll_cq(l->cq, 1, &completion)) == 0) {
    }
    CHECK(polled == 1);
    return completion;
}

/* Moves bytes between two regions, and returns how that ended. */
static inline enum ibv_wc_status transfer_status(struct loopback *l, enum ibv_wr_opcode opcode, struct ibv_mr *local, void *from, size_t length,
                            struct ibv_mr *remote, void *to)
{
    struct ibv_sge sge = { (uintptr_t)from, (uint32_t)length, local->lkey };
    struct ibv_send_wr *bad, request = {
        .sg_list = &sge, .num_sge = 1, .opcode = opcode, .send_flags = IBV_SEND_SIGNALED,
        .wr.rdma = { .remote_addr = (uintptr_t)to, .rkey = remote->rkey },
    };
    CHECK(ibv_post_send(l->near, &request, &bad) == 0);
    return next_completion(l).status;
}

static inline void transfer(struct loopback *l, enum ibv_wr_opcode opcode, struct ibv_mr *local, void *from, size_t length,
                            struct ibv_mr *remote, void *to)
{
    CHECK(transfer_status(l, opcode, local, from, length, remote, to) == IBV_WC_SUCCESS);
}

/* Adds to a word of the remote region; what it held goes to the local one. */
static inline void fetch_add(struct loopback *l, struct ibv_mr *local, uint64_t *old, struct ibv_mr *remote, uint64_t *target,
                             uint64_t add)
{
    struct ibv_sge sge = { (uintptr_t)old, sizeof *old, local->lkey };
    struct ibv_send_wr *bad, request = {
        .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_ATOMIC_FETCH_AND_ADD, .send_flags = IBV_SEND_SIGNALED,
        .wr.atomic = { .remote_addr = (uintptr_t)target, .compare_add = add, .rkey = remote->rkey },
    };
    CHECK(ibv_post_send(l->near, &request, &bad) == 0);
    CHECK(next_completion(l).status == IBV_WC_SUCCESS);
}

#endif
