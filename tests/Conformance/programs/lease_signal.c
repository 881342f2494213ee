/*
 * lease_signal FILE: registers a file and waits, for no event, for the real-time signal that DAXEMU_LEASE_SIGNAL asks for (RTMIN+1); then gives
 * the region back that the signal names.
 */
#include "loopback.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#define LENGTH (64 << 10)

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGRTMIN + 1);
    CHECK(sigprocmask(SIG_BLOCK, &wanted, NULL) == 0);

    int count;
    struct ibv_device **devices = ibv_get_device_list(&count);
    CHECK(devices != NULL && count == 1);
    struct ibv_context *context = ibv_open_device(devices[0]);
    CHECK(context != NULL);
    struct ibv_pd *pd = ibv_alloc_pd(context);
    CHECK(pd != NULL);
    int fd = open(argv[1], O_RDWR);
    CHECK(fd >= 0);
    void *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED);
    /* Two, of which the second alone lies in what is cut off. */
    struct ibv_mr *kept = ibv_reg_mr(pd, memory, LENGTH / 2, EVERYTHING);
    struct ibv_mr *cut = ibv_reg_mr(pd, (char *)memory + LENGTH / 2, LENGTH / 2, EVERYTHING);
    CHECK(kept != NULL && cut != NULL);
    puts("registered");
    fflush(stdout);

    siginfo_t info;
    CHECK(sigwaitinfo(&wanted, &info) == SIGRTMIN + 1);
    CHECK(info.si_code == SI_QUEUE && (uint32_t)info.si_value.sival_int == cut->rkey);
    CHECK(info.si_pid != getpid());
    CHECK(ibv_dereg_mr(cut) == 0);
    puts("given back");
    fflush(stdout);
    pause();
    return 0;
}
