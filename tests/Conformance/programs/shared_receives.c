/* A shared receive queue grows, keeps what was posted to it, and takes as much as it says. */
#include "loopback.h"

#define BEFORE 10
#define AFTER 200

static int post(struct ibv_srq *srq, uint64_t id)
{
    struct ibv_recv_wr *bad, request = { .wr_id = id };
    return ibv_post_srq_recv(srq, &request, &bad);
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
    struct ibv_srq_init_attr attributes = { .attr = { .max_wr = BEFORE, .max_sge = 1 } };
    struct ibv_srq *srq = ibv_create_srq(pd, &attributes);
    CHECK(srq != NULL && attributes.attr.max_wr >= BEFORE && attributes.attr.max_wr < AFTER);
    for (uint64_t i = 0; i < BEFORE; i++)
        CHECK(post(srq, i) == 0);

    struct ibv_srq_attr grown = { .max_wr = AFTER };
    CHECK(ibv_modify_srq(srq, &grown, IBV_SRQ_MAX_WR) == 0);
    CHECK(ibv_query_srq(srq, &grown) == 0 && grown.max_wr >= AFTER);
    for (uint64_t i = BEFORE; i < AFTER; i++)
        CHECK(post(srq, i) == 0);
    struct ibv_srq_attr limit = { .srq_limit = 5 };
    CHECK(ibv_modify_srq(srq, &limit, IBV_SRQ_LIMIT) == 0);
    CHECK(ibv_query_srq(srq, &limit) == 0 && limit.srq_limit == 5);

    CHECK(ibv_destroy_srq(srq) == 0 && ibv_dealloc_pd(pd) == 0 && ibv_close_device(context) == 0);
    puts("it grew");
    return 0;
}
