/*
 * ioctl_only: the life of two connected queue pairs by ioctl(2) alone, without libibverbs and without a single write(2) on the device
 * file. The structs and constants are the kernel's headers'.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <rdma/rdma_user_rxe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define GID_INDEX 3
#define LENGTH 5000
#define MOST_ATTRIBUTES 16

/* enum ib_qp_state, enum ib_mtu and the masks of modify_qp, which no header for programs has but libibverbs' own. */
enum { INIT = 1, RTR = 2, RTS = 3, MTU_1024 = 3 };
enum {
    STATE = 1 << 0, ACCESS = 1 << 3, PKEY_INDEX = 1 << 4, PORT = 1 << 5, AV = 1 << 7, PATH_MTU = 1 << 8, TIMEOUT = 1 << 9,
    RETRY_CNT = 1 << 10, RNR_RETRY = 1 << 11, RQ_PSN = 1 << 12, MAX_RD_ATOMIC = 1 << 13, MIN_RNR_TIMER = 1 << 15, SQ_PSN = 1 << 16,
    MAX_DEST_RD_ATOMIC = 1 << 17, DEST_QPN = 1 << 20,
};

#define CHECK(condition)                                                                                      \
    do {                                                                                                      \
        if (!(condition)) {                                                                                   \
            fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n", __FILE__, __LINE__, #condition, strerror(errno)); \
            exit(1);                                                                                          \
        }                                                                                                     \
    } while (0)

struct call {
    struct ib_uverbs_ioctl_hdr header;
    struct ib_uverbs_attr attributes[MOST_ATTRIBUTES];
};

static int device;

static struct call begin(uint16_t object, uint16_t method)
{
    return (struct call){ .header = { .object_id = object, .method_id = method, .driver_id = RDMA_DRIVER_RXE } };
}

static struct ib_uverbs_attr *add(struct call *call, uint16_t id, uint16_t length, uint64_t data)
{
    CHECK(call->header.num_attrs < MOST_ATTRIBUTES);
    struct ib_uverbs_attr *attribute = &call->attributes[call->header.num_attrs++];
    *attribute = (struct ib_uverbs_attr){ .attr_id = id, .len = length, .flags = UVERBS_ATTR_F_MANDATORY, .data = data };
    return attribute;
}

/* Bytes in: at most 8 lie in the attribute. */
static void in(struct call *call, uint16_t id, const void *bytes, size_t length)
{
    struct ib_uverbs_attr *attribute = add(call, id, (uint16_t)length, (uintptr_t)bytes);
    if (length <= sizeof attribute->data) {
        attribute->data = 0;
        memcpy(&attribute->data, bytes, length);
    }
}

static void in64(struct call *call, uint16_t id, uint64_t value)
{
    in(call, id, &value, sizeof value);
}

static void in32(struct call *call, uint16_t id, uint32_t value)
{
    in(call, id, &value, sizeof value);
}

static void out(struct call *call, uint16_t id, void *room, size_t length)
{
    add(call, id, (uint16_t)length, (uintptr_t)room);
}

static int run(struct call *call)
{
    call->header.length = (uint16_t)(sizeof call->header + call->header.num_attrs * sizeof *call->attributes);
    return ioctl(device, RDMA_VERBS_IOCTL, &call->header);
}

/* A command of write(2), wrapped. */
static int invoke(uint32_t command, const void *request, size_t request_length, void *response, size_t response_length, void *provider,
                  size_t provider_length)
{
    struct call call = begin(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
    in64(&call, UVERBS_ATTR_WRITE_CMD, command);
    if (request_length != 0)
        in(&call, UVERBS_ATTR_CORE_IN, request, request_length);
    if (response_length != 0)
        out(&call, UVERBS_ATTR_CORE_OUT, response, response_length);
    if (provider_length != 0)
        out(&call, UVERBS_ATTR_UHW_OUT, provider, provider_length);
    return run(&call);
}

#define INVOKE(command, request, response) invoke(command, &(request), sizeof(request), &(response), sizeof(response), NULL, 0)

static int destroy(uint16_t object, uint16_t method, uint16_t handle_id, uint32_t handle, uint16_t response_id, void *response, size_t length)
{
    struct call call = begin(object, method);
    add(&call, handle_id, 0, handle);
    if (length != 0)
        out(&call, response_id, response, length);
    return run(&call);
}

static void *map(struct mminfo where)
{
    void *ring = mmap(NULL, where.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, (off_t)where.offset);
    CHECK(ring != MAP_FAILED);
    return ring;
}

struct queue_pair {
    uint32_t handle, number;
    struct rxe_queue_buf *send;
};

static struct queue_pair make_queue_pair(uint32_t pd, uint32_t cq, int events)
{
    struct queue_pair qp;
    struct ib_uverbs_qp_cap cap = { .max_send_wr = 16, .max_recv_wr = 16, .max_send_sge = 1, .max_recv_sge = 1 }, granted = { 0 };
    struct rxe_create_qp_resp rings;
    struct call call = begin(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
    struct ib_uverbs_attr *handle = add(&call, UVERBS_ATTR_CREATE_QP_HANDLE, 0, 0);
    add(&call, UVERBS_ATTR_CREATE_QP_PD_HANDLE, 0, pd);
    add(&call, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, 0, cq);
    add(&call, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, 0, cq);
    add(&call, UVERBS_ATTR_CREATE_QP_EVENT_FD, 0, (uint64_t)events);
    in64(&call, UVERBS_ATTR_CREATE_QP_USER_HANDLE, 77);
    in64(&call, UVERBS_ATTR_CREATE_QP_TYPE, IB_UVERBS_QPT_RC);
    in(&call, UVERBS_ATTR_CREATE_QP_CAP, &cap, sizeof cap);
    in32(&call, UVERBS_ATTR_CREATE_QP_FLAGS, IB_UVERBS_QP_CREATE_SQ_SIG_ALL);
    out(&call, UVERBS_ATTR_CREATE_QP_RESP_CAP, &granted, sizeof granted);
    out(&call, UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &qp.number, sizeof qp.number);
    out(&call, UVERBS_ATTR_UHW_OUT, &rings, sizeof rings);
    CHECK(run(&call) == 0);
    CHECK(granted.max_send_wr >= cap.max_send_wr && granted.max_recv_wr >= cap.max_recv_wr);
    qp.handle = (uint32_t)handle->data;
    qp.send = map(rings.sq_mi);
    return qp;
}

static void modify(struct ib_uverbs_modify_qp request)
{
    CHECK(invoke(IB_USER_VERBS_CMD_MODIFY_QP, &request, sizeof request, NULL, 0, NULL, 0) == 0);
}

static void connect_to(struct queue_pair *qp, struct queue_pair *peer, const struct ib_uverbs_gid_entry *gid)
{
    modify((struct ib_uverbs_modify_qp){
        .qp_handle = qp->handle, .attr_mask = STATE | PKEY_INDEX | PORT | ACCESS, .qp_state = INIT, .port_num = 1,
        .qp_access_flags = IB_UVERBS_ACCESS_REMOTE_WRITE,
    });
    struct ib_uverbs_modify_qp request = {
        .qp_handle = qp->handle, .qp_state = RTR, .path_mtu = MTU_1024, .dest_qp_num = peer->number, .max_dest_rd_atomic = 1,
        .min_rnr_timer = 12, .attr_mask = STATE | AV | PATH_MTU | DEST_QPN | RQ_PSN | MAX_DEST_RD_ATOMIC | MIN_RNR_TIMER,
        .dest = { .is_global = 1, .port_num = 1, .sgid_index = GID_INDEX, .hop_limit = 1 },
    };
    memcpy(request.dest.dgid, gid->gid, sizeof request.dest.dgid);
    modify(request);
    modify((struct ib_uverbs_modify_qp){
        .qp_handle = qp->handle, .attr_mask = STATE | TIMEOUT | RETRY_CNT | RNR_RETRY | SQ_PSN | MAX_RD_ATOMIC, .qp_state = RTS,
        .timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .max_rd_atomic = 1,
    });
}

static void register_memory(uint32_t pd, void *memory, struct ib_uverbs_reg_mr_resp *response)
{
    struct ib_uverbs_reg_mr request = {
        .start = (uintptr_t)memory, .length = LENGTH, .hca_va = (uintptr_t)memory, .pd_handle = pd,
        .access_flags = IB_UVERBS_ACCESS_LOCAL_WRITE | IB_UVERBS_ACCESS_REMOTE_WRITE,
    };
    CHECK(INVOKE(IB_USER_VERBS_CMD_REG_MR, request, *response) == 0);
}

/* The provider's part: a work request in the ring, and the command that says "look at it". */
static void post_write(struct queue_pair *qp, void *from, uint32_t lkey, void *to, uint32_t rkey)
{
    uint32_t producer = qp->send->producer_index;
    struct rxe_send_wqe *wqe = (void *)(qp->send->data + ((size_t)producer << qp->send->log2_elem_size));
    memset(wqe, 0, sizeof *wqe + sizeof(struct rxe_sge));
    wqe->wr.wr_id = 42;
    wqe->wr.opcode = 0; /* IB_WR_RDMA_WRITE */
    wqe->wr.wr.rdma.remote_addr = (uintptr_t)to;
    wqe->wr.wr.rdma.rkey = rkey;
    wqe->dma.length = wqe->dma.resid = LENGTH;
    wqe->dma.num_sge = 1;
    wqe->dma.sge[0] = (struct rxe_sge){ .addr = (uintptr_t)from, .length = LENGTH, .lkey = lkey };
    __atomic_store_n(&qp->send->producer_index, (producer + 1) & qp->send->index_mask, __ATOMIC_RELEASE);

    struct ib_uverbs_post_send request = { .qp_handle = qp->handle };
    struct ib_uverbs_post_send_resp response;
    CHECK(INVOKE(IB_USER_VERBS_CMD_POST_SEND, request, response) == 0);
}

/* What the kernel says to a call that it does not take. */
static void refusals(void)
{
    struct call call = begin(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
    CHECK(run(&call) == -1 && errno == EINVAL); /* a mandatory attribute is missing */
    add(&call, UVERBS_ATTR_DESTROY_PD_HANDLE, 0, 4711);
    CHECK(run(&call) == -1 && errno == ENOENT);
    call.attributes[0].data = UINT64_C(1) << 32;
    CHECK(run(&call) == -1 && errno == ENOENT);
    add(&call, 99, 0, 0);
    CHECK(run(&call) == -1 && errno == EPROTONOSUPPORT); /* the kernel cannot do what the program cannot do without */
    call.attributes[1].flags = 0;
    CHECK(run(&call) == -1 && errno == ENOENT); /* an attribute that it can do without */

    call = begin(UVERBS_OBJECT_FLOW, 0);
    CHECK(run(&call) == -1 && errno == EPROTONOSUPPORT);
    call = begin(UVERBS_OBJECT_PD, 17);
    CHECK(run(&call) == -1 && errno == EPROTONOSUPPORT);
    call.header.reserved2 = 1;
    CHECK(run(&call) == -1 && errno == EPROTONOSUPPORT);
    call = begin(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY);
    call.header.driver_id = RDMA_DRIVER_MLX5;
    CHECK(run(&call) == -1 && errno == EINVAL);
    call.header.length = 7;
    CHECK(ioctl(device, RDMA_VERBS_IOCTL, &call.header) == -1 && errno == EINVAL);
    CHECK(ioctl(device, 0x1234, NULL) == -1 && errno == ENOTTY);
    CHECK(invoke(IB_USER_VERBS_CMD_QUERY_DEVICE, NULL, 0, NULL, 0, NULL, 0) == -1 && errno == ENOSPC); /* libibverbs' probe */
    CHECK(invoke(40, NULL, 0, NULL, 0, NULL, 0) == -1 && errno == EOPNOTSUPP);
}

int main(int count, char **arguments)
{
    CHECK(count == 2);
    device = open(arguments[1], O_RDWR | O_CLOEXEC);
    CHECK(device >= 0);

    struct call call = begin(UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC);
    struct ib_uverbs_attr *descriptor = add(&call, UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, 0, 0);
    CHECK(run(&call) == -1 && errno == EINVAL); /* there is no context yet */

    uint32_t vectors = 0;
    uint64_t support;
    struct call context = begin(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
    out(&context, UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, &vectors, sizeof vectors);
    out(&context, UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, &support, sizeof support);
    CHECK(run(&context) == 0 && vectors >= 1 && (context.attributes[0].flags & UVERBS_ATTR_F_VALID_OUTPUT) != 0);
    CHECK(run(&context) == -1 && errno == EINVAL);
    CHECK(run(&call) == 0);
    int events = (int)descriptor->data;
    CHECK(fcntl(events, F_GETFD) >= 0);

    refusals();

    struct ib_uverbs_query_port_resp_ex port = { 0 };
    call = begin(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
    in64(&call, UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1);
    out(&call, UVERBS_ATTR_QUERY_PORT_RESP, &port, sizeof port);
    CHECK(run(&call) == 0 && port.legacy_resp.state == 4 && port.legacy_resp.gid_tbl_len > GID_INDEX);

    struct ib_uverbs_gid_entry gid = { 0 }, table[64];
    call = begin(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY);
    in64(&call, UVERBS_ATTR_QUERY_GID_ENTRY_PORT, 1);
    in64(&call, UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, GID_INDEX);
    in32(&call, UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, 0);
    out(&call, UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, &gid, sizeof gid);
    CHECK(run(&call) == 0 && gid.gid_index == GID_INDEX && gid.port_num == 1 && gid.gid_type == IB_UVERBS_GID_TYPE_ROCE_V2);
    in64(&call, UVERBS_ATTR_QUERY_GID_ENTRY_PORT, 1);
    CHECK(run(&call) == -1 && errno == EINVAL); /* an attribute twice */
    call.header.num_attrs--;
    call.attributes[1].data = port.legacy_resp.gid_tbl_len - 1;
    CHECK(run(&call) == -1 && errno == ENODATA);
    call.attributes[1].data = port.legacy_resp.gid_tbl_len;
    CHECK(run(&call) == -1 && errno == EINVAL);

    uint64_t gids = 0;
    call = begin(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE);
    in64(&call, UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, sizeof *table);
    in32(&call, UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, 0);
    out(&call, UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, table, sizeof table);
    out(&call, UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, &gids, sizeof gids);
    CHECK(run(&call) == 0 && gids >= 4 && memcmp(&table[GID_INDEX], &gid, sizeof gid) == 0);

    struct ib_uverbs_alloc_pd pd_request = { 0 };
    struct ib_uverbs_alloc_pd_resp pd;
    CHECK(INVOKE(IB_USER_VERBS_CMD_ALLOC_PD, pd_request, pd) == 0);
    struct ib_uverbs_create_comp_channel channel_request = { 0 };
    struct ib_uverbs_create_comp_channel_resp channel;
    CHECK(INVOKE(IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, channel_request, channel) == 0);

    struct rxe_create_cq_resp cq_ring;
    uint32_t entries = 0;
    call = begin(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
    struct ib_uverbs_attr *cq = add(&call, UVERBS_ATTR_CREATE_CQ_HANDLE, 0, 0);
    in32(&call, UVERBS_ATTR_CREATE_CQ_CQE, 20);
    in64(&call, UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 0xc0ffee);
    in32(&call, UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0);
    add(&call, UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, 0, channel.fd);
    add(&call, UVERBS_ATTR_CREATE_CQ_EVENT_FD, 0, (uint64_t)events)->flags = 0;
    out(&call, UVERBS_ATTR_CREATE_CQ_RESP_CQE, &entries, sizeof entries);
    out(&call, UVERBS_ATTR_UHW_OUT, &cq_ring, sizeof cq_ring);
    CHECK(run(&call) == 0 && entries >= 20);
    uint32_t cq_handle = (uint32_t)cq->data;
    struct rxe_queue_buf *completions = map(cq_ring.mi);

    char *from = mmap(NULL, 2 * LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *to = calloc(1, LENGTH);
    CHECK(from != MAP_FAILED && to != NULL);
    struct ib_uverbs_reg_mr_resp source, target;
    register_memory(pd.pd_handle, from, &source);
    register_memory(pd.pd_handle, to, &target);
    uint32_t lkey = 0, rkey = 0;
    uint64_t length = 0;
    call = begin(UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR);
    add(&call, UVERBS_ATTR_QUERY_MR_HANDLE, 0, target.mr_handle);
    out(&call, UVERBS_ATTR_QUERY_MR_RESP_LKEY, &lkey, sizeof lkey);
    out(&call, UVERBS_ATTR_QUERY_MR_RESP_RKEY, &rkey, sizeof rkey);
    out(&call, UVERBS_ATTR_QUERY_MR_RESP_LENGTH, &length, sizeof length);
    CHECK(run(&call) == 0 && lkey == target.lkey && rkey == target.rkey && length == LENGTH);

    struct queue_pair near = make_queue_pair(pd.pd_handle, cq_handle, events), far = make_queue_pair(pd.pd_handle, cq_handle, events);
    connect_to(&near, &far, &gid);
    connect_to(&far, &near, &gid);

    struct ib_uverbs_req_notify_cq notify = { .cq_handle = cq_handle };
    CHECK(invoke(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, &notify, sizeof notify, NULL, 0, NULL, 0) == 0);
    for (size_t i = 0; i < LENGTH; i++)
        from[i] = (char)(i * 31 / 7);
    post_write(&near, from, source.lkey, to, target.rkey);
    struct pollfd wait = { .fd = (int)channel.fd, .events = POLLIN };
    CHECK(poll(&wait, 1, 60000) == 1);
    struct ib_uverbs_comp_event_desc event;
    CHECK(read((int)channel.fd, &event, sizeof event) == sizeof event && event.cq_handle == 0xc0ffee);
    CHECK(__atomic_load_n(&completions->producer_index, __ATOMIC_ACQUIRE) != completions->consumer_index);
    struct ib_uverbs_wc *completion = (void *)(completions->data + ((size_t)completions->consumer_index << completions->log2_elem_size));
    CHECK(completion->wr_id == 42 && completion->status == 0 && completion->qp_num == near.number);
    CHECK(memcmp(from, to, LENGTH) == 0);

    uint32_t handles[4] = { 0 }, total = 0;
    call = begin(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INFO_HANDLES);
    in64(&call, UVERBS_ATTR_INFO_OBJECT_ID, UVERBS_OBJECT_QP);
    out(&call, UVERBS_ATTR_INFO_TOTAL_HANDLES, &total, sizeof total);
    out(&call, UVERBS_ATTR_INFO_HANDLES_LIST, handles, sizeof handles);
    CHECK(run(&call) == 0 && total == 2 && handles[0] == near.handle && handles[1] == far.handle);

    struct ib_uverbs_destroy_qp_resp qp_gone;
    struct ib_uverbs_destroy_cq_resp cq_gone;
    CHECK(destroy(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY, UVERBS_ATTR_DESTROY_CQ_HANDLE, cq_handle, UVERBS_ATTR_DESTROY_CQ_RESP, &cq_gone, sizeof cq_gone) == -1
          && errno == EBUSY);
    CHECK(destroy(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY, UVERBS_ATTR_DESTROY_QP_HANDLE, near.handle, UVERBS_ATTR_DESTROY_QP_RESP, &qp_gone, sizeof qp_gone) == 0);
    CHECK(destroy(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_DESTROY, UVERBS_ATTR_DESTROY_QP_HANDLE, far.handle, UVERBS_ATTR_DESTROY_QP_RESP, &qp_gone, sizeof qp_gone) == 0);
    CHECK(destroy(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_DESTROY, UVERBS_ATTR_DESTROY_CQ_HANDLE, cq_handle, UVERBS_ATTR_DESTROY_CQ_RESP, &cq_gone, sizeof cq_gone) == 0);
    CHECK(cq_gone.comp_events_reported == 1);
    CHECK(destroy(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, UVERBS_ATTR_DESTROY_MR_HANDLE, source.mr_handle, 0, NULL, 0) == 0);
    CHECK(destroy(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, UVERBS_ATTR_DESTROY_MR_HANDLE, source.mr_handle, 0, NULL, 0) == -1 && errno == ENOENT);
    CHECK(destroy(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY, UVERBS_ATTR_DESTROY_MR_HANDLE, target.mr_handle, 0, NULL, 0) == 0);
    CHECK(destroy(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY, UVERBS_ATTR_DESTROY_PD_HANDLE, pd.pd_handle, 0, NULL, 0) == 0);
    puts("all by ioctl");
    return 0;
}
