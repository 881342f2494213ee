#include "guard.h"

/*
 * The 64-bit atomic operations of the IBTA specification (9.4.5), atomic also against loads and stores of the processors.
 * The target is aligned to 8 bytes. Return 0 or DAXEMU_DESTINATION_FAULT; *old is what the target held.
 */

static void guard_target(struct daxemu_guard *guard, const volatile uint64_t *target)
{
    guard->source = (struct daxemu_range){ 0, 0 };
    guard->destination = daxemu_pages(target, sizeof *target);
}

DAXEMU_EXPORT int daxemu_compare_swap(uint64_t *target, uint64_t compare, uint64_t swap, uint64_t *old)
{
    if (daxemu_is_unmapped(target))
        return DAXEMU_DESTINATION_FAULT;
    struct daxemu_guard guard;
    guard_target(&guard, target);
    if (sigsetjmp(guard.landing, 0) != 0)
        return daxemu_guard_landed(&guard);
    daxemu_guard_enter(&guard);

    /* On failure this leaves what the target held in compare, on success it held compare. */
    __atomic_compare_exchange_n(target, &compare, swap, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    daxemu_guard_leave();
    *old = compare;
    return DAXEMU_NO_FAULT;
}

DAXEMU_EXPORT int daxemu_fetch_add(uint64_t *target, uint64_t add, uint64_t *old)
{
    if (daxemu_is_unmapped(target))
        return DAXEMU_DESTINATION_FAULT;
    struct daxemu_guard guard;
    guard_target(&guard, target);
    if (sigsetjmp(guard.landing, 0) != 0)
        return daxemu_guard_landed(&guard);
    daxemu_guard_enter(&guard);

    uint64_t held = __atomic_fetch_add(target, add, __ATOMIC_SEQ_CST);
    daxemu_guard_leave();
    *old = held;
    return DAXEMU_NO_FAULT;
}
