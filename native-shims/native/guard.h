/*
 * Loads and stores that survive SIGBUS.
 *
 * A page of a file mapping that a truncate took away raises SIGBUS when it is touched, at any moment: checking first cannot help.
 * So each routine here notes where it is going to touch memory, and the signal handler, if the fault is this thread's and lies there,
 * jumps back into the routine, which returns a failure. Every other SIGBUS goes to the handler that was there before (the .NET
 * runtime's). SIGSEGV is not handled: nobody but this process can unmap or protect its mappings, so that is a bug and stays one.
 */
#ifndef DAXEMU_GUARD_H
#define DAXEMU_GUARD_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#define DAXEMU_EXPORT __attribute__((visibility("default")))

enum daxemu_fault {
    DAXEMU_NO_FAULT = 0,
    DAXEMU_SOURCE_FAULT = 1,
    DAXEMU_DESTINATION_FAULT = 2,
};

/* Whole pages: some faults (hugetlb, poisoned memory) name the page, not the byte. */
struct daxemu_range {
    uintptr_t start;
    uintptr_t end;
};

struct daxemu_guard {
    sigjmp_buf landing;
    struct daxemu_range source;
    struct daxemu_range destination;
    enum daxemu_fault volatile side;
    void *volatile address;
};

/* The guard in force on this thread, or NULL. Initial-exec (see native.targets): the handler may not call the dynamic linker. */
extern _Thread_local struct daxemu_guard *volatile daxemu_active_guard;

/* True for what is no address of a program: the device gives such ones to memory that is not mapped here. */
static inline int daxemu_is_unmapped(const volatile void *address)
{
    return (intptr_t)address < 0;
}

struct daxemu_range daxemu_pages(const volatile void *start, size_t length);

/*
 * A guarded routine:
 *
 *     if (sigsetjmp(guard.landing, 0) != 0)
 *         return daxemu_guard_landed(&guard);
 *     daxemu_guard_enter(&guard);
 *     ...loads and stores...
 *     daxemu_guard_leave();
 *
 * The signal mask is not saved: the handler does not change it. The fences keep the compiler from moving an access out.
 */
static inline void daxemu_guard_enter(struct daxemu_guard *guard)
{
    daxemu_active_guard = guard;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void daxemu_guard_leave(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    daxemu_active_guard = NULL;
}

static inline enum daxemu_fault daxemu_guard_landed(struct daxemu_guard *guard)
{
    daxemu_active_guard = NULL;
    return guard->side;
}

#endif
