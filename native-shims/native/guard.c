#include "guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

_Thread_local struct daxemu_guard *volatile daxemu_active_guard;

static struct sigaction previous;
static uintptr_t page_size;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int install_errno;

struct daxemu_range daxemu_pages(const volatile void *start, size_t length)
{
    uintptr_t first = (uintptr_t)start;
    struct daxemu_range pages = { first & ~(page_size - 1), (first + length + page_size - 1) & ~(page_size - 1) };
    return pages;
}

static int contains(const struct daxemu_range *range, uintptr_t address)
{
    return address >= range->start && address < range->end;
}

static void pass_on(int signal, siginfo_t *info, void *context)
{
    if ((previous.sa_flags & SA_SIGINFO) == 0 && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN)) {
        /* The default action, by running into the fault again; ignoring a fault is not possible, the kernel kills too. */
        struct sigaction terminate = { .sa_handler = SIG_DFL };
        sigaction(signal, &terminate, NULL);
        if (info->si_code <= 0)
            raise(signal);
        return;
    }

    /* As the kernel would have called it: with its mask, and the signal itself, blocked. Returning from the signal restores the mask. */
    sigset_t blocked = previous.sa_mask;
    if ((previous.sa_flags & SA_NODEFER) == 0)
        sigaddset(&blocked, signal);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    if (previous.sa_flags & SA_SIGINFO)
        previous.sa_sigaction(signal, info, context);
    else
        previous.sa_handler(signal);
}

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
    struct daxemu_guard *guard = daxemu_active_guard;
    uintptr_t address = (uintptr_t)info->si_addr;

    /* si_code <= 0: sent by a process, not by a fault; si_addr then means nothing. */
    if (guard != NULL && info->si_code > 0) {
        enum daxemu_fault side = contains(&guard->source, address) ? DAXEMU_SOURCE_FAULT
            : contains(&guard->destination, address)               ? DAXEMU_DESTINATION_FAULT
                                                                   : DAXEMU_NO_FAULT;
        if (side != DAXEMU_NO_FAULT) {
            guard->side = side;
            guard->address = info->si_addr;
            siglongjmp(guard->landing, 1);
        }
    }

    pass_on(signal, info, context);
}

static void install(void)
{
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);

    /* SA_NODEFER: the handler leaves by a jump, and SIGBUS must not stay blocked then. SA_ONSTACK: the fault may be near a stack's end. */
    struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART };
    sigemptyset(&action.sa_mask);
    install_errno = sigaction(SIGBUS, &action, &previous) == 0 ? 0 : errno;
}

/* Takes over SIGBUS; call it before anything else here, once or more often. Returns 0 or an errno. */
DAXEMU_EXPORT int daxemu_guard_install(void)
{
    pthread_once(&once, install);
    return install_errno;
}
