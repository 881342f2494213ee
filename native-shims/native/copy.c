#include "guard.h"

#include <string.h>

/*
 * The last bytes of a message: one naturally aligned word, so that a flag there changes in one step.
 * Programs poll the end of a buffer instead of a completion (perftest's latency tests do), so this word is stored after all others.
 */
static size_t tail_length(const unsigned char *destination, size_t length)
{
    for (size_t word = sizeof(uint64_t); word > 1; word /= 2) {
        if (length >= word && (uintptr_t)(destination + length) % word == 0)
            return word;
    }
    return 1;
}

static void store_release(unsigned char *destination, uint64_t tail, size_t length)
{
    switch (length) {
    case sizeof(uint64_t):
        __atomic_store_n((uint64_t *)(void *)destination, tail, __ATOMIC_RELEASE);
        break;
    case sizeof(uint32_t): {
        uint32_t word;
        memcpy(&word, &tail, sizeof word);
        __atomic_store_n((uint32_t *)(void *)destination, word, __ATOMIC_RELEASE);
        break;
    }
    case sizeof(uint16_t): {
        uint16_t word;
        memcpy(&word, &tail, sizeof word);
        __atomic_store_n((uint16_t *)(void *)destination, word, __ATOMIC_RELEASE);
        break;
    }
    default: {
        unsigned char byte;
        memcpy(&byte, &tail, sizeof byte);
        __atomic_store_n(destination, byte, __ATOMIC_RELEASE);
        break;
    }
    }
}

/*
 * As memmove(3). Returns enum daxemu_fault; on a fault *fault is the address that could not be reached, and any part of the
 * destination may have been written, but never its last byte.
 */
DAXEMU_EXPORT int daxemu_copy(void *destination, const void *source, size_t length, void **fault)
{
    if (length == 0)
        return DAXEMU_NO_FAULT;
    if (daxemu_is_unmapped(source) || daxemu_is_unmapped(destination)) {
        *fault = daxemu_is_unmapped(source) ? (void *)(uintptr_t)source : destination;
        return daxemu_is_unmapped(source) ? DAXEMU_SOURCE_FAULT : DAXEMU_DESTINATION_FAULT;
    }

    struct daxemu_guard guard;
    guard.source = daxemu_pages(source, length);
    guard.destination = daxemu_pages(destination, length);
    if (sigsetjmp(guard.landing, 0) != 0) {
        *fault = guard.address;
        return daxemu_guard_landed(&guard);
    }
    daxemu_guard_enter(&guard);

    unsigned char *to = destination;
    size_t tail = tail_length(to, length);
    size_t head = length - tail;

    /* Loaded before anything is stored: the ranges may overlap. */
    uint64_t word = 0;
    memcpy(&word, (const unsigned char *)source + head, tail);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    memmove(to, source, head);
    store_release(to + head, word, tail);
    daxemu_guard_leave();
    return DAXEMU_NO_FAULT;
}
