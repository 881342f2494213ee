/* Included before every source that is built with -fsanitize=thread, for what ThreadSanitizer cannot see by itself. */
#ifndef TSAN_H
#define TSAN_H

#include <sys/syscall.h>
#include <unistd.h>

/*
 * It follows descriptors from call to call, to find those that one thread closes while another uses them, and does not see a close(2) that
 * is a bare system call.
 */
void __sanitizer_syscall_pre_impl_close(long fd);

/*
 * Nor does it see which addresses mremap(2) gives up and another thread is then given, with what the first one did there before. The kernel
 * orders the two; an object of that name stands for its order.
 */
void __tsan_acquire(void *object);
void __tsan_release(void *object);
__attribute__((weak)) char tsan_addresses;

#define first_of(first, ...) (long)(first)
#define syscall(number, ...)                                                                         \
    (__extension__({                                                                                 \
        if ((number) == SYS_close)                                                                   \
            __sanitizer_syscall_pre_impl_close(first_of(__VA_ARGS__, 0));                            \
        if ((number) == SYS_mremap)                                                                  \
            __tsan_release(&tsan_addresses);                                                         \
        long tsan_result = (syscall)(number, __VA_ARGS__);                                           \
        if ((number) == SYS_mremap || (number) == SYS_mmap)                                          \
            __tsan_acquire(&tsan_addresses);                                                         \
        tsan_result;                                                                                 \
    }))

#endif
