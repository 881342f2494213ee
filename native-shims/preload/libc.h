/*
 * The functions of libc that this library stands in front of, and how it reaches the ones behind them.
 *
 * Its own work goes through REAL() or straight to the system call, never through a name that it exports. syscall() is one too: by it go only
 * calls that interpose_syscall.c does not recognise, or not with such arguments; the others by REAL(syscall).
 */
#ifndef DAXEMU_PRELOAD_LIBC_H
#define DAXEMU_PRELOAD_LIBC_H

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DAXEMU_EXPORT __attribute__((visibility("default")))

/* For what runs before a thread is ready for ThreadSanitizer: libc reallocates to begin one. */
#define DAXEMU_EARLY __attribute__((no_sanitize("thread")))

/* The next definition of a function: libc's, or that of another preloaded library. Looked up once at each place of use. */
#define REAL(name)                                                              \
    (__extension__({                                                            \
        static _Atomic(void *) found;                                           \
        void *symbol = atomic_load_explicit(&found, memory_order_acquire);      \
        if (symbol == NULL) {                                                   \
            symbol = dlsym(RTLD_NEXT, #name);                                   \
            atomic_store_explicit(&found, symbol, memory_order_release);        \
        }                                                                       \
        (__typeof__(&name))symbol;                                              \
    }))

static inline int raw_close(int fd)
{
    return (int)syscall(SYS_close, fd);
}

static inline ssize_t raw_write(int fd, const void *bytes, size_t length)
{
    return syscall(SYS_write, fd, bytes, length);
}

static inline void *raw_mmap(void *address, size_t length, int protection, int flags, int fd, long offset)
{
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

/* struct stat is the kernel's own on the 64-bit machines we run on; the functions' names differ between versions of glibc. */
static inline int raw_fstat(int fd, struct stat *status)
{
    return (int)syscall(SYS_fstat, fd, status);
}

static inline int raw_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, -100 /* AT_FDCWD */, path, flags, 0);
}

#endif
