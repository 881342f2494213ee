/*
 * no_allocation: posting work requests, ringing the doorbell included, allocates nothing: neither by malloc(3) and its like nor by mmap(2)
 * and its like, which are counted here for the program and all its libraries.
 */
#include "loopback.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH 64
#define POSTS 10000

void *__libc_malloc(size_t length);
void *__libc_calloc(size_t count, size_t length);
void *__libc_realloc(void *memory, size_t length);

static atomic_ulong allocations, mappings;

void *malloc(size_t length)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(length);
}

void *calloc(size_t count, size_t length)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, length);
}

void *realloc(void *memory, size_t length)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(memory, length);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *(*next)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
    atomic_fetch_add(&mappings, 1);
    return next(address, length, protection, flags, fd, offset);
}

void *sbrk(intptr_t increment)
{
    void *(*next)(intptr_t) = dlsym(RTLD_NEXT, "sbrk");
    atomic_fetch_add(&mappings, 1);
    return next(increment);
}

/* The preload makes its system calls by this. */
long syscall(long number, ...)
{
    static _Atomic(void *) found;
    if (atomic_load(&found) == NULL)
        atomic_store(&found, dlsym(RTLD_NEXT, "syscall"));
    long (*next)(long, ...) = atomic_load(&found);
    va_list list;
    va_start(list, number);
    long a[6];
    for (size_t i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_mmap || number == SYS_mremap || number == SYS_brk)
        atomic_fetch_add(&mappings, 1);
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int main(void)
{
    struct loopback l = open_loopback();
    static char from[LENGTH], to[LENGTH];
    struct ibv_mr *source = ibv_reg_mr(l.pd, from, LENGTH, EVERYTHING);
    struct ibv_mr *target = ibv_reg_mr(l.pd, to, LENGTH, EVERYTHING);
    CHECK(source != NULL && target != NULL);
    transfer(&l, IBV_WR_RDMA_WRITE, source, from, LENGTH, target, to);

    unsigned long allocated = atomic_load(&allocations), mapped = atomic_load(&mappings);
    CHECK(allocated > 0 && mapped > 0);
    for (int i = 0; i < POSTS; i++)
        transfer(&l, IBV_WR_RDMA_WRITE, source, from, LENGTH, target, to);
    allocated = atomic_load(&allocations) - allocated;
    mapped = atomic_load(&mappings) - mapped;
    printf("%lu allocations, %lu mappings\n", allocated, mapped);
    return allocated == 0 && mapped == 0 ? 0 : 3;
}
