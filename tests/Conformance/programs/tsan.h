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

#define first_of(first, ...) (long)(first)
#define syscall(number, ...)                                                                            \
    (((number) == SYS_close ? __sanitizer_syscall_pre_impl_close(first_of(__VA_ARGS__, 0)) : (void)0), \
     (syscall)(number, __VA_ARGS__))

#endif
