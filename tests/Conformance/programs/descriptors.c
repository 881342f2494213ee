/* descriptors CASE: the device goes on working whatever a program does with descriptor numbers. */
#include "loopback.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH 1000
#define NUMBERS 1024

static struct ibv_mr *from, *to;

static void prepare(struct loopback *l)
{
    from = ibv_reg_mr(l->pd, calloc(1, LENGTH), LENGTH, EVERYTHING);
    to = ibv_reg_mr(l->pd, calloc(1, LENGTH), LENGTH, EVERYTHING);
    CHECK(from != NULL && to != NULL);
}

static void works(struct loopback *l)
{
    memset(from->addr, ((char *)from->addr)[0] + 1, LENGTH);
    transfer(l, IBV_WR_RDMA_WRITE, from, from->addr, LENGTH, to, to->addr);
    CHECK(memcmp(from->addr, to->addr, LENGTH) == 0);
    struct ibv_port_attr port;
    CHECK(ibv_query_port(l->context, 1, &port) == 0 && port.state == IBV_PORT_ACTIVE);
}

/* The device file is open as long as one of its descriptors is. */
static void duplicated(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    int copy = dup(l.context->cmd_fd), high = fcntl(l.context->cmd_fd, F_DUPFD_CLOEXEC, 300);
    CHECK(copy >= 0 && high >= 300 && close(l.context->cmd_fd) == 0);
    l.context->cmd_fd = copy;
    works(&l);
    CHECK(dup2(high, copy) == copy && close(high) == 0);
    works(&l);
}

/* A program puts descriptors of its own at all numbers that it does not use. */
static void numbers_taken(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    for (int fd = 3; fd < NUMBERS; fd++) {
        if (fd != l.context->cmd_fd && fd != l.context->async_fd)
            CHECK(dup2(0, fd) == fd);
    }
    works(&l);
}

/* A program closes all that it did not open, as daemons do, and goes on with the device. */
static void others_closed(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    for (int fd = 3; fd < NUMBERS; fd++) {
        if (fd != l.context->cmd_fd && fd != l.context->async_fd)
            close(fd);
    }
    works(&l);
    CHECK(close_range((unsigned)(l.context->cmd_fd > l.context->async_fd ? l.context->cmd_fd : l.context->async_fd) + 1, ~0u, 0) == 0);
    works(&l);
}

static void all_closed(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    closefrom(3);
    struct ibv_port_attr port;
    CHECK(ibv_query_port(l.context, 1, &port) == EBADF);
    l = open_loopback();
    prepare(&l);
    works(&l);
}

/* A child goes on with the parent's device, as after daemon(3), and the parent too. */
static void forked(void)
{
    struct loopback l = open_loopback();
    pid_t child = fork();
    if (child == 0) {
        prepare(&l);
        works(&l);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    prepare(&l);
    works(&l);
}

/* Posting to a queue pair that is not ready to send fails at once, without asking the daemon. */
static void not_ready(void)
{
    struct loopback l = open_loopback();
    struct ibv_qp *qp = make_qp(&l);
    struct ibv_send_wr *bad, request = { .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_SIGNALED };
    CHECK(qp != NULL && ibv_post_send(qp, &request, &bad) == EINVAL);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "duplicated", duplicated }, { "numbers-taken", numbers_taken }, { "others-closed", others_closed },
    { "all-closed", all_closed }, { "forked", forked }, { "not-ready", not_ready },
};

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(stderr, "there is no case %s\n", argv[1]);
    return 2;
}
