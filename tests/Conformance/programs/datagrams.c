/* Datagrams through libibverbs: a question to one queue pair, the answer by what its completion and network header tell, and a group. */
#include "loopback.h"

#include <arpa/inet.h>

#define QKEY 0x1234
#define LENGTH 100
#define HEADER 40

struct party {
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_mr *mr;
    unsigned char *buffer; /* what is sent, then what is received */
};

static struct party make_party(struct ibv_context *context, struct ibv_pd *pd)
{
    struct party p = { .cq = ibv_create_cq(context, 16, NULL, NULL, 0) };
    CHECK(p.cq != NULL);
    struct ibv_qp_init_attr creation = {
        .send_cq = p.cq, .recv_cq = p.cq, .qp_type = IBV_QPT_UD,
        .cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
    };
    CHECK((p.qp = ibv_create_qp(pd, &creation)) != NULL);
    struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = QKEY };
    CHECK(ibv_modify_qp(p.qp, &attributes, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) == 0);
    attributes.qp_state = IBV_QPS_RTR;
    CHECK(ibv_modify_qp(p.qp, &attributes, IBV_QP_STATE) == 0);
    attributes.qp_state = IBV_QPS_RTS;
    CHECK(ibv_modify_qp(p.qp, &attributes, IBV_QP_STATE | IBV_QP_SQ_PSN) == 0);
    CHECK((p.buffer = calloc(1, 8192)) != NULL);
    CHECK((p.mr = ibv_reg_mr(pd, p.buffer, 8192, IBV_ACCESS_LOCAL_WRITE)) != NULL);
    return p;
}

static void receive(struct party *p)
{
    struct ibv_sge sge = { (uintptr_t)p->buffer + 4096, HEADER + LENGTH, p->mr->lkey };
    struct ibv_recv_wr *bad, request = { .wr_id = 7, .sg_list = &sge, .num_sge = 1 };
    CHECK(ibv_post_recv(p->qp, &request, &bad) == 0);
}

static struct ibv_wc poll_one(struct party *p)
{
    struct ibv_wc completion;
    int polled;
    while ((polled = ibv_poll_cq(p->cq, 1, &completion)) == 0) {
    }
    CHECK(polled == 1);
    return completion;
}

static enum ibv_wc_status send_to(struct party *p, struct ibv_ah *ah, uint32_t qpn, int seed, uint32_t length)
{
    for (int i = 0; i < LENGTH; i++) {
        p->buffer[i] = (unsigned char)(i * seed);
    }
    struct ibv_sge sge = { (uintptr_t)p->buffer, length, p->mr->lkey };
    struct ibv_send_wr *bad, request = {
        .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_SIGNALED,
        .wr.ud = { .ah = ah, .remote_qpn = qpn, .remote_qkey = QKEY },
    };
    CHECK(ibv_post_send(p->qp, &request, &bad) == 0);
    return poll_one(p).status;
}

static struct ibv_wc expect(struct party *p, int seed)
{
    struct ibv_wc completion = poll_one(p);
    CHECK(completion.status == IBV_WC_SUCCESS && completion.opcode == IBV_WC_RECV && completion.wr_id == 7);
    CHECK(completion.byte_len == HEADER + LENGTH && (completion.wc_flags & IBV_WC_GRH) != 0);
    for (int i = 0; i < LENGTH; i++) {
        CHECK(p->buffer[4096 + HEADER + i] == (unsigned char)(i * seed));
    }
    return completion;
}

static struct ibv_ah *address(struct ibv_context *context, struct ibv_pd *pd, int index, union ibv_gid *gid)
{
    struct ibv_ah_attr attributes = { .is_global = 1, .port_num = 1, .grh = { .sgid_index = (uint8_t)index, .hop_limit = 1 } };
    CHECK(gid != NULL || ibv_query_gid(context, 1, index, &attributes.grh.dgid) == 0);
    if (gid != NULL) {
        attributes.grh.dgid = *gid;
    }
    struct ibv_ah *ah = ibv_create_ah(pd, &attributes);
    CHECK(ah != NULL);
    return ah;
}

static void question_and_answer(struct ibv_context *context, struct ibv_pd *pd, struct party *a, struct party *b, int index)
{
    struct ibv_ah *there = address(context, pd, index, NULL);
    receive(b);
    CHECK(send_to(a, there, b->qp->qp_num, 3, LENGTH) == IBV_WC_SUCCESS);
    struct ibv_wc question = expect(b, 3);
    CHECK(question.src_qp == a->qp->qp_num);

    struct ibv_ah_attr path = { .port_num = 0 };
    CHECK(ibv_init_ah_from_wc(context, 1, &question, (struct ibv_grh *)(b->buffer + 4096), &path) == 0);
    CHECK(path.grh.sgid_index == index);
    struct ibv_ah *back = ibv_create_ah_from_wc(pd, &question, (struct ibv_grh *)(b->buffer + 4096), 1);
    CHECK(back != NULL);
    receive(a);
    CHECK(send_to(b, back, question.src_qp, 5, LENGTH) == IBV_WC_SUCCESS);
    expect(a, 5);
    CHECK(ibv_destroy_ah(back) == 0 && ibv_destroy_ah(there) == 0);
}

static void group(struct ibv_context *context, struct ibv_pd *pd, struct party *a, struct party *b, int index, const char *name)
{
    union ibv_gid gid;
    CHECK(inet_pton(AF_INET6, name, &gid) == 1);
    struct ibv_ah *all = address(context, pd, index, &gid);
    CHECK(ibv_attach_mcast(a->qp, &gid, 0) == 0 && ibv_attach_mcast(b->qp, &gid, 0) == 0);
    receive(b);
    CHECK(send_to(a, all, 0xffffff, 7, LENGTH) == IBV_WC_SUCCESS);
    expect(b, 7);
    CHECK(ibv_destroy_qp(b->qp) == EBUSY);
    CHECK(ibv_detach_mcast(a->qp, &gid, 0) == 0 && ibv_detach_mcast(b->qp, &gid, 0) == 0);
    CHECK(ibv_detach_mcast(b->qp, &gid, 0) == EINVAL);
    CHECK(ibv_destroy_ah(all) == 0);
}

static void failed_send(struct ibv_context *context, struct ibv_pd *pd, struct party *a, struct party *b)
{
    struct ibv_ah *there = address(context, pd, GID_INDEX, NULL);
    struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_RTS };
    struct ibv_qp_init_attr creation;
    CHECK(send_to(a, there, b->qp->qp_num, 1, 4097) == IBV_WC_LOC_LEN_ERR);
    CHECK(ibv_query_qp(a->qp, &attributes, IBV_QP_STATE | IBV_QP_QKEY, &creation) == 0);
    CHECK(attributes.qp_state == IBV_QPS_SQE && attributes.qkey == QKEY && creation.qp_type == IBV_QPT_UD);
    attributes.qp_state = IBV_QPS_RTS;
    CHECK(ibv_modify_qp(a->qp, &attributes, IBV_QP_STATE) == 0);
    receive(b);
    CHECK(send_to(a, there, b->qp->qp_num, 9, LENGTH) == IBV_WC_SUCCESS);
    expect(b, 9);
    CHECK(ibv_destroy_ah(there) == 0);
}

int main(void)
{
    int count;
    struct ibv_device **devices = ibv_get_device_list(&count);
    CHECK(devices != NULL && count == 1);
    struct ibv_context *context = ibv_open_device(devices[0]);
    CHECK(context != NULL);
    struct ibv_pd *pd = ibv_alloc_pd(context);
    CHECK(pd != NULL);
    struct party a = make_party(context, pd), b = make_party(context, pd);

    question_and_answer(context, pd, &a, &b, 1);
    question_and_answer(context, pd, &a, &b, GID_INDEX);
    group(context, pd, &a, &b, 1, "ff0e::1:2:3");
    group(context, pd, &a, &b, GID_INDEX, "::ffff:224.1.2.3");
    failed_send(context, pd, &a, &b);

    struct ibv_ah_attr nowhere = { .is_global = 1, .port_num = 1, .grh = { .sgid_index = GID_INDEX } };
    CHECK(inet_pton(AF_INET6, "::ffff:192.0.2.1", &nowhere.grh.dgid) == 1);
    CHECK(ibv_create_ah(pd, &nowhere) == NULL);
    nowhere.is_global = 0;
    CHECK(ibv_create_ah(pd, &nowhere) == NULL);
    printf("all as it should be\n");
    return 0;
}
