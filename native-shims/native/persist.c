#include "guard.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

/*
 * Writing cache lines back to persistent memory, for mappings that are MAP_SYNC: once its lines left the processor's caches, a store is
 * durable. The strongest instruction that does not have to evict the line is taken.
 */

#if defined(__x86_64__)
enum { CLFLUSH, CLFLUSHOPT, CLWB };

static int best_write_back(void)
{
    unsigned int a, b, c, d;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0)
        return CLFLUSH;
    return (b & (1u << 24)) != 0 ? CLWB : (b & (1u << 23)) != 0 ? CLFLUSHOPT : CLFLUSH;
}

static uintptr_t line_length(void)
{
    static atomic_uint known;
    unsigned int length = atomic_load_explicit(&known, memory_order_relaxed);
    if (length == 0) {
        unsigned int a, b, c, d;
        length = __get_cpuid(1, &a, &b, &c, &d) != 0 && (b >> 8 & 0xff) != 0 ? (b >> 8 & 0xff) * 8 : 64;
        atomic_store_explicit(&known, length, memory_order_relaxed);
    }
    return length;
}

static void write_back(uintptr_t at, uintptr_t end, uintptr_t line)
{
    /* Looked up once: CPUID leaves a virtual machine. Who comes at the same time finds the same. */
    static atomic_int known = -1;
    int kind = atomic_load_explicit(&known, memory_order_relaxed);
    if (kind < 0) {
        kind = best_write_back();
        atomic_store_explicit(&known, kind, memory_order_relaxed);
    }
    for (; at < end; at += line) {
        volatile char *address = (volatile char *)at;
        switch (kind) {
        case CLWB:
            __asm__ volatile("clwb %0" : "+m"(*address));
            break;
        case CLFLUSHOPT:
            __asm__ volatile("clflushopt %0" : "+m"(*address));
            break;
        default:
            __asm__ volatile("clflush %0" : "+m"(*address));
            break;
        }
    }
    __asm__ volatile("sfence" ::: "memory");
}
#elif defined(__aarch64__)
/* asm/hwcap.h, HWCAP_DCPOP: dc cvap. */
enum { HAS_DC_CVAP = 1 << 16 };

static uintptr_t line_length(void)
{
    uint64_t ctr;
    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    return (uintptr_t)4 << (ctr >> 16 & 0xf);
}

static void write_back(uintptr_t at, uintptr_t end, uintptr_t line)
{
    int to_persistence = (getauxval(AT_HWCAP) & HAS_DC_CVAP) != 0;
    for (; at < end; at += line) {
        if (to_persistence)
            __asm__ volatile("sys #3, c7, c12, #1, %0" ::"r"(at) : "memory");
        else
            __asm__ volatile("dc cvac, %0" ::"r"(at) : "memory");
    }
    __asm__ volatile("dsb sy" ::: "memory");
}
#else
#error "no cache-line write-back for this architecture"
#endif

/* Writes the lines of a range back. Returns enum daxemu_fault; on a fault *fault is the address that could not be reached. */
DAXEMU_EXPORT int daxemu_write_back(void *start, size_t length, void **fault)
{
    struct daxemu_guard guard;
    guard.source = (struct daxemu_range){ 0, 0 };
    guard.destination = daxemu_pages(start, length);
    if (sigsetjmp(guard.landing, 0) != 0) {
        *fault = guard.address;
        return daxemu_guard_landed(&guard);
    }
    daxemu_guard_enter(&guard);

    uintptr_t line = line_length();
    write_back((uintptr_t)start & ~(line - 1), (uintptr_t)start + length, line);
    daxemu_guard_leave();
    return DAXEMU_NO_FAULT;
}
