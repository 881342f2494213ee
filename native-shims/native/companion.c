/*
 * A companion process that keeps this process's memory until its descriptors are closed.
 *
 * A process that ends gives its memory back first and closes its descriptors then (kernel/exit.c, do_exit). Giving back a mapping of a FUSE
 * file waits until the file's changed pages are written back (fs/fuse/file.c, fuse_vma_close). Where the process itself has served the mount,
 * nobody is left to take them, and the connection, which would end with the last descriptor of its device, stays: it would wait for ever, and
 * so would everybody at the mount. Another process that shares the memory turns the order round: the memory is given back when the companion
 * ends, which is when this process is gone, its descriptors and the connection with it. What is to be written back then fails at once.
 *
 * It shares nothing but the memory once it has begun, and runs on a stack and a thread-local block of its own; of the C library it uses what touches no more
 * than errno. All its signals are blocked. SIGKILL for both at once, as by cgroup.kill, is beyond it.
 */
#include "guard.h"

#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_SIZE = 1 << 16, LOCAL_SIZE = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static pid_t companion;
static unsigned char *memory; /* its stack, then its thread-local block */

static int keep(void *argument)
{
    pid_t process = (pid_t)(intptr_t)argument;
    syscall(SYS_prctl, PR_SET_NAME, "daxemu-memory", 0, 0, 0);

    /* No copies, not for a moment: a file of a mount that had one would keep it from being unmounted. */
    if (syscall(SYS_close_range, 0u, ~0u, CLOSE_RANGE_UNSHARE) != 0)
        syscall(SYS_exit_group, 1);

    /* The process may have gone already, and its number be another's. */
    struct pollfd gone = { .fd = (int)syscall(SYS_pidfd_open, process, 0), .events = POLLIN };
    if (gone.fd < 0 || getppid() != process)
        syscall(SYS_exit_group, 1);
    while (syscall(SYS_ppoll, &gone, 1, NULL, NULL, 0) < 0)
        continue;
    syscall(SYS_exit_group, 0);
    return 0;
}

static int start(void)
{
    memory = mmap(NULL, STACK_SIZE + LOCAL_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return errno;

    /* Thread-local variables lie below this address on some machines, above it on others; on x86-64 it holds itself. */
    void **local = (void **)(memory + STACK_SIZE + LOCAL_SIZE / 2);
    *local = local;

    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = clone(keep, memory + STACK_SIZE, CLONE_VM | CLONE_FILES | CLONE_SETTLS, (void *)(intptr_t)getpid(), NULL, local, NULL);
    int failed = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (failed != 0)
        munmap(memory, STACK_SIZE + LOCAL_SIZE);
    else
        companion = child;
    return failed;
}

/* Starts it for the first of its users. Returns 0 or an errno. */
DAXEMU_EXPORT int daxemu_companion_start(void)
{
    pthread_mutex_lock(&lock);
    int failed = users == 0 ? start() : 0;
    users += failed == 0;
    pthread_mutex_unlock(&lock);
    return failed;
}

/* Ends it with the last of its users. */
DAXEMU_EXPORT void daxemu_companion_stop(void)
{
    pthread_mutex_lock(&lock);
    if (--users == 0) {
        kill(companion, SIGKILL);
        while (waitpid(companion, NULL, __WALL) < 0 && errno == EINTR)
            continue;
        munmap(memory, STACK_SIZE + LOCAL_SIZE);
    }
    pthread_mutex_unlock(&lock);
}
