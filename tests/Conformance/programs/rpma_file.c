/*
 * librpma between two processes: "rpma_file server PORT FILE" registers a mapped file, "rpma_file client PORT" writes a pattern into it,
 * flushes, writes eight bytes atomically, flushes again, reads all back and compares. The pattern: byte i is 7 * i + i / 251, and
 * the last eight bytes hold the word 0x1122334455667788.
 */
#include <librpma.h>
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LENGTH = 1 << 20, WORD = 8 };

static const char address[] = "127.0.0.1";
static const uint64_t last_word = 0x1122334455667788;

static void check(int result, const char *what)
{
    if (result != 0) {
        fprintf(stderr, "%s: %s (%s)\n", what, rpma_err_2str(result), strerror(errno));
        exit(1);
    }
}

static void expect_event(struct rpma_conn *connection, enum rpma_conn_event expected)
{
    enum rpma_conn_event event;
    check(rpma_conn_next_event(connection, &event), "rpma_conn_next_event");
    if (event != expected) {
        fprintf(stderr, "the event is %s, not %s\n", rpma_utils_conn_event_2str(event), rpma_utils_conn_event_2str(expected));
        exit(1);
    }
}

static struct rpma_peer *peer_at(enum rpma_util_ibv_context_type side)
{
    struct ibv_context *context;
    struct rpma_peer *peer;
    check(rpma_utils_get_ibv_context(address, side, &context), "rpma_utils_get_ibv_context");
    check(rpma_peer_new(context, &peer), "rpma_peer_new");
    return peer;
}

static uint8_t *memory_of(int fd)
{
    uint8_t *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

static void fill(uint8_t *memory)
{
    for (int i = 0; i < LENGTH; i++)
        memory[i] = (uint8_t)(7 * i + i / 251);
}

static void server(const char *port, const char *path)
{
    struct rpma_peer *peer = peer_at(RPMA_UTIL_IBV_CONTEXT_LOCAL);
    struct rpma_ep *endpoint;
    check(rpma_ep_listen(peer, address, port, &endpoint), "rpma_ep_listen");

    int fd = open(path, O_RDWR);
    uint8_t *memory = memory_of(fd < 0 ? (perror(path), exit(1), -1) : fd);
    struct rpma_mr_local *region;
    check(rpma_mr_reg(peer, memory, LENGTH,
              RPMA_MR_USAGE_WRITE_DST | RPMA_MR_USAGE_READ_SRC | RPMA_MR_USAGE_FLUSH_TYPE_VISIBILITY | RPMA_MR_USAGE_FLUSH_TYPE_PERSISTENT,
              &region),
        "rpma_mr_reg");
    struct rpma_peer_cfg *settings;
    check(rpma_peer_cfg_new(&settings), "rpma_peer_cfg_new");
    check(rpma_peer_cfg_set_direct_write_to_pmem(settings, true), "rpma_peer_cfg_set_direct_write_to_pmem");

    /* The client gets a descriptor of the region, behind one of the peer's settings and its length. */
    uint8_t descriptors[128];
    size_t settings_size, region_size;
    check(rpma_peer_cfg_get_descriptor_size(settings, &settings_size), "rpma_peer_cfg_get_descriptor_size");
    check(rpma_mr_get_descriptor_size(region, &region_size), "rpma_mr_get_descriptor_size");
    descriptors[0] = (uint8_t)settings_size;
    check(rpma_peer_cfg_get_descriptor(settings, descriptors + 1), "rpma_peer_cfg_get_descriptor");
    check(rpma_mr_get_descriptor(region, descriptors + 1 + settings_size), "rpma_mr_get_descriptor");
    struct rpma_conn_private_data said = { descriptors, (uint8_t)(1 + settings_size + region_size) };

    struct rpma_conn_req *request;
    struct rpma_conn *connection;
    check(rpma_ep_next_conn_req(endpoint, NULL, &request), "rpma_ep_next_conn_req");
    check(rpma_conn_req_connect(&request, &said, &connection), "rpma_conn_req_connect");
    expect_event(connection, RPMA_CONN_ESTABLISHED);
    expect_event(connection, RPMA_CONN_CLOSED);
    check(rpma_conn_disconnect(connection), "rpma_conn_disconnect");
    check(rpma_conn_delete(&connection), "rpma_conn_delete");
    check(rpma_mr_dereg(&region), "rpma_mr_dereg");
    check(rpma_peer_cfg_delete(&settings), "rpma_peer_cfg_delete");
    check(rpma_ep_shutdown(&endpoint), "rpma_ep_shutdown");
    check(rpma_peer_delete(&peer), "rpma_peer_delete");
}

static void expect_completion(struct rpma_conn *connection, enum ibv_wc_opcode opcode)
{
    struct rpma_cq *queue;
    struct ibv_wc completion;
    check(rpma_conn_get_cq(connection, &queue), "rpma_conn_get_cq");
    int result;
    while ((result = rpma_cq_get_wc(queue, 1, &completion, NULL)) == RPMA_E_NO_COMPLETION)
        check(rpma_cq_wait(queue), "rpma_cq_wait");
    check(result, "rpma_cq_get_wc");
    if (completion.status != IBV_WC_SUCCESS || completion.opcode != opcode) {
        fprintf(stderr, "operation %d ended: %s, and not %d well\n", completion.opcode, ibv_wc_status_str(completion.status), opcode);
        exit(1);
    }
}

static void client(const char *port)
{
    struct rpma_peer *peer = peer_at(RPMA_UTIL_IBV_CONTEXT_REMOTE);
    uint8_t *memory = memory_of(-1), *back = memory_of(-1);
    fill(memory);
    struct rpma_mr_local *from, *to;
    check(rpma_mr_reg(peer, memory, LENGTH, RPMA_MR_USAGE_WRITE_SRC, &from), "rpma_mr_reg");
    check(rpma_mr_reg(peer, back, LENGTH, RPMA_MR_USAGE_READ_DST, &to), "rpma_mr_reg");

    struct rpma_conn_req *request;
    struct rpma_conn *connection;
    check(rpma_conn_req_new(peer, address, port, NULL, &request), "rpma_conn_req_new");
    check(rpma_conn_req_connect(&request, NULL, &connection), "rpma_conn_req_connect");
    expect_event(connection, RPMA_CONN_ESTABLISHED);

    struct rpma_conn_private_data said;
    check(rpma_conn_get_private_data(connection, &said), "rpma_conn_get_private_data");
    const uint8_t *descriptors = said.ptr;
    size_t settings_size = descriptors[0];
    struct rpma_peer_cfg *settings;
    check(rpma_peer_cfg_from_descriptor(descriptors + 1, settings_size, &settings), "rpma_peer_cfg_from_descriptor");
    check(rpma_conn_apply_remote_peer_cfg(connection, settings), "rpma_conn_apply_remote_peer_cfg");
    struct rpma_mr_remote *region;
    size_t size;
    check(rpma_mr_remote_from_descriptor(descriptors + 1 + settings_size, said.len - 1 - settings_size, &region), "rpma_mr_remote");
    check(rpma_mr_remote_get_size(region, &size), "rpma_mr_remote_get_size");
    if (size != LENGTH) {
        fprintf(stderr, "the region has %zu bytes\n", size);
        exit(1);
    }

    check(rpma_write(connection, region, 0, from, 0, LENGTH, RPMA_F_COMPLETION_ON_ERROR, NULL), "rpma_write");
    check(rpma_flush(connection, region, 0, LENGTH, RPMA_FLUSH_TYPE_VISIBILITY, RPMA_F_COMPLETION_ALWAYS, NULL), "rpma_flush");
    expect_completion(connection, IBV_WC_RDMA_READ);
    check(rpma_atomic_write(connection, region, LENGTH - WORD, (const char *)&last_word, RPMA_F_COMPLETION_ON_ERROR, NULL),
        "rpma_atomic_write");
    check(rpma_flush(connection, region, 0, LENGTH, RPMA_FLUSH_TYPE_PERSISTENT, RPMA_F_COMPLETION_ALWAYS, NULL), "rpma_flush");
    expect_completion(connection, IBV_WC_RDMA_READ);

    check(rpma_read(connection, to, 0, region, 0, LENGTH, RPMA_F_COMPLETION_ALWAYS, NULL), "rpma_read");
    expect_completion(connection, IBV_WC_RDMA_READ);
    memcpy(memory + LENGTH - WORD, &last_word, WORD);
    if (memcmp(memory, back, LENGTH) != 0) {
        fprintf(stderr, "what is read is not what was written\n");
        exit(1);
    }

    check(rpma_conn_disconnect(connection), "rpma_conn_disconnect");
    expect_event(connection, RPMA_CONN_CLOSED);
    check(rpma_mr_remote_delete(&region), "rpma_mr_remote_delete");
    check(rpma_peer_cfg_delete(&settings), "rpma_peer_cfg_delete");
    check(rpma_conn_delete(&connection), "rpma_conn_delete");
    check(rpma_mr_dereg(&from), "rpma_mr_dereg");
    check(rpma_mr_dereg(&to), "rpma_mr_dereg");
    check(rpma_peer_delete(&peer), "rpma_peer_delete");
    printf("%d bytes checked\n", LENGTH);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "server") == 0)
        server(argv[2], argv[3]);
    else if (argc == 3 && strcmp(argv[1], "client") == 0)
        client(argv[2]);
    else
        return 2;
    return 0;
}
