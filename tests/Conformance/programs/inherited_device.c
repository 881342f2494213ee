/*
 * inherited_device FILE HOW: registers a file, and lets another process have the open device file too.
 *
 *   forked  a child has it by fork(2)
 *   left    so it has, and its parent ends
 *   changed so it has, and its parent has another user than when it opened the device
 *   passed  another program has got it over a socket
 *
 * DAXEMU_LEASE_SIGNAL is USR1: who gets it says so. When the input ends, the other process says what the device is to it then.
 */
#include "loopback.h"
#include "passing.h"

#include <fcntl.h>
#include <rdma/ib_user_verbs.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH (64 << 10)
#define NOBODY 65534

static pid_t opener;

static void asked(int signal)
{
    (void)signal;
    static const char by_opener[] = "the opener is asked\n", by_other[] = "the other is asked\n";
    ssize_t said = getpid() == opener ? write(1, by_opener, sizeof by_opener - 1) : write(1, by_other, sizeof by_other - 1);
    (void)said;
}

static void say(const char *text, int value)
{
    printf("%s %d\n", text, value);
    fflush(stdout);
}

static void wait_for_the_end_of_input(void)
{
    char byte;
    while (read(0, &byte, 1) != 0) {
    }
}

static void goes_on(struct loopback *l, struct ibv_mr *own, struct ibv_mr *file)
{
    say("the other has it", getpid());
    wait_for_the_end_of_input();
    struct ibv_port_attr port;
    say("the device answers the other with", ibv_query_port(l->context, 1, &port));
    say("a write to the region ends with", (int)transfer_status(l, IBV_WR_RDMA_WRITE, own, own->addr, 8, file, file->addr));
}

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

/* In a program of its own. */
static int receive(int socket)
{
    int device = receive_descriptor(socket);
    say("the other has it", getpid());
    wait_for_the_end_of_input();
    say("the device answers the other with", query_port(device));
    return 0;
}

static pid_t pass(struct loopback *l)
{
    int pair[2];
    char number[16];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        snprintf(number, sizeof number, "%d", pair[1]);
        execl("/proc/self/exe", "inherited_device", number, "receive", NULL);
        _exit(9);
    }
    CHECK(send_descriptor(pair[0], l->context->cmd_fd) == 0);
    close(pair[0]);
    close(pair[1]);
    return child;
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    /* Whatever becomes of who started it. */
    alarm(120);
    if (strcmp(argv[2], "receive") == 0)
        return receive(atoi(argv[1]));

    opener = getpid();
    CHECK(signal(SIGUSR1, asked) != SIG_ERR);
    bool changes = strcmp(argv[2], "changed") == 0;
    CHECK(!changes || seteuid(NOBODY) == 0);
    struct loopback l = open_loopback();
    CHECK(!changes || seteuid(0) == 0);
    int fd = open(argv[1], O_RDWR);
    CHECK(fd >= 0);
    void *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED);
    struct ibv_mr *own = ibv_reg_mr(l.pd, calloc(1, 8), 8, EVERYTHING), *file = ibv_reg_mr(l.pd, memory, LENGTH, EVERYTHING);
    CHECK(own != NULL && file != NULL);
    if (strcmp(argv[2], "passed") == 0) {
        CHECK(pass(&l) > 0);
    } else {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            alarm(120);
            goes_on(&l, own, file);
            return 0;
        }
        if (strcmp(argv[2], "left") == 0)
            _exit(0);
    }
    while (wait(NULL) < 0)
        CHECK(errno == EINTR);
    puts("the opener goes on");
    return 0;
}
