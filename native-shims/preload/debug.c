#include "debug.h"
#include "libc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wanted(void)
{
    static _Atomic int known; /* 0 unknown, 1 no, 2 yes */
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == 0) {
        const char *value = getenv("DAXEMU_DEBUG");
        answer = value != NULL && *value != '\0' && strcmp(value, "0") != 0 ? 2 : 1;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}

void debug(const char *format, ...)
{
    if (!wanted())
        return;

    int saved = errno;
    char line[1024];
    int length = snprintf(line, sizeof line, "daxemu[%d]: ", (int)getpid());
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line + length, sizeof line - 1 - (size_t)length, format, arguments);
    va_end(arguments);
    if (written > 0) {
        length += written;
        if ((size_t)length > sizeof line - 2)
            length = sizeof line - 2;
    }
    line[length++] = '\n';
    (void)!raw_write(STDERR_FILENO, line, (size_t)length);
    errno = saved;
}
