/* descriptors CASE: the device goes on working whatever a program does with descriptor numbers. */
#include "loopback.h"
#include "passing.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_user_cm.h>
#include <sys/stat.h>
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

#define DESCRIPTOR "DEVICE_DESCRIPTOR"

/* query_port of the device by its bare descriptor, as after exec; 0 or an errno. */
static int query_port(int fd)
{
    struct ib_uverbs_query_port_resp response;
    struct {
        struct ib_uverbs_cmd_hdr header;
        struct ib_uverbs_query_port body;
    } command = {
        { IB_USER_VERBS_CMD_QUERY_PORT, sizeof command / 4, sizeof response / 4 }, { .response = (uintptr_t)&response, .port_num = 1 },
    };
    return write(fd, &command, sizeof command) == (ssize_t)sizeof command ? 0 : errno;
}

#define MANAGER "/dev/infiniband/rdma_cm"

/* create_id on an rdma_cm file; 0 or an errno. */
static int create_id(int fd)
{
    struct rdma_ucm_create_id_resp response;
    struct {
        struct rdma_ucm_cmd_hdr header;
        struct rdma_ucm_create_id body;
    } command = {
        { RDMA_USER_CM_CMD_CREATE_ID, sizeof command.body, sizeof response },
        { .response = (uintptr_t)&response, .ps = RDMA_PS_TCP, .qp_type = IBV_QPT_RC },
    };
    return write(fd, &command, sizeof command) == (ssize_t)sizeof command ? 0 : errno;
}

/* Runs this program anew, with a number in its environment. */
static int run_anew(const char *what, int fd)
{
    pid_t child = fork();
    if (child == 0) {
        char number[16];
        snprintf(number, sizeof number, "%d", fd);
        setenv(DESCRIPTOR, number, 1);
        execl("/proc/self/exe", "descriptors", what, NULL);
        _exit(9);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int number_given(void)
{
    return atoi(getenv(DESCRIPTOR));
}

/* A device file is closed by exec as it is opened by libibverbs, unless the program wants it otherwise. */
static void executed(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    CHECK(run_anew("is-closed", l.context->cmd_fd) == 0);
    CHECK(fcntl(l.context->cmd_fd, F_SETFD, 0) == 0);
    CHECK(run_anew("is-foreign", l.context->cmd_fd) == 0);
    works(&l);
}

static void is_closed(void)
{
    CHECK(fcntl(number_given(), F_GETFD) == -1 && errno == EBADF);
}

/* It is seen to be the device; what it was used for is not known here, and a command does the session no harm. */
static void is_foreign(void)
{
    struct stat status;
    CHECK(fstat(number_given(), &status) == 0 && S_ISCHR(status.st_mode));
    CHECK(query_port(number_given()) == EOPNOTSUPP);
    CHECK(close(number_given()) == 0);
    struct loopback l = open_loopback();
    prepare(&l);
    works(&l);
}

/* Sent over a socket, to this process or a child of it, a descriptor is as good as a duplicate. */
static void passed_on(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(send_descriptor(pair[0], l.context->cmd_fd) == 0);
    int copy = receive_descriptor(pair[1]);
    CHECK(query_port(copy) == 0 && close(l.context->cmd_fd) == 0);
    l.context->cmd_fd = copy;
    works(&l);

    CHECK(send_descriptor(pair[0], copy) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(query_port(receive_descriptor(pair[1])) == 0);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    works(&l);

    int manager = open(MANAGER, O_RDWR | O_CLOEXEC);
    CHECK(manager >= 0 && create_id(manager) == 0 && send_descriptor(pair[0], manager) == 0);
    CHECK(create_id(receive_descriptor(pair[1])) == 0 && create_id(manager) == 0);
}

/* Another process, which opened no device, cannot use it, and does no harm by trying. */
static void passed_to_stranger(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && send_descriptor(pair[0], l.context->cmd_fd) == 0);
    CHECK(run_anew("takes-foreign", pair[1]) == 0);
    works(&l);

    int manager = open(MANAGER, O_RDWR | O_CLOEXEC);
    CHECK(manager >= 0 && send_descriptor(pair[0], manager) == 0);
    CHECK(run_anew("takes-foreign-manager", pair[1]) == 0 && create_id(manager) == 0);
}

static void takes_foreign(void)
{
    CHECK(query_port(receive_descriptor(number_given())) == EOPNOTSUPP);
}

static void takes_foreign_manager(void)
{
    CHECK(create_id(receive_descriptor(number_given())) == EOPNOTSUPP);
}

/* A number that was the device's, and is a pipe's now, is a pipe's; and one that dup2 made the device's is that. */
static void taken_over(void)
{
    struct loopback l = open_loopback();
    prepare(&l);
    int ends[2];
    CHECK(pipe(ends) == 0);
    int copy = dup(l.context->cmd_fd);
    CHECK(dup2(ends[1], copy) == copy && write(copy, "hello", 5) == 5);
    char text[5];
    CHECK(read(ends[0], text, 5) == 5 && memcmp(text, "hello", 5) == 0);
    CHECK(dup3(l.context->cmd_fd, ends[1], O_CLOEXEC) == ends[1] && query_port(ends[1]) == 0);
    CHECK(fcntl(l.context->cmd_fd, F_DUPFD, 100) >= 100);
    CHECK(close_range((unsigned)ends[1], (unsigned)ends[1], 0) == 0 && query_port(ends[1]) == EBADF);
    CHECK(close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0);
    works(&l);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "duplicated", duplicated }, { "numbers-taken", numbers_taken }, { "others-closed", others_closed },
    { "all-closed", all_closed }, { "forked", forked }, { "not-ready", not_ready },
    { "executed", executed }, { "is-closed", is_closed }, { "is-foreign", is_foreign }, { "passed-on", passed_on },
    { "passed-to-stranger", passed_to_stranger }, { "takes-foreign", takes_foreign },
    { "takes-foreign-manager", takes_foreign_manager }, { "taken-over", taken_over },
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
