#include "debug.h"
#include "libc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN, SILENT, REFUSALS, EVERYTHING };

static int level(void)
{
    static _Atomic int known;
    int answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == UNKNOWN) {
        const char *value = getenv("DAXEMU_DEBUG");
        answer = value == NULL || *value == '\0' || strcmp(value, "0") == 0 ? SILENT : strcmp(value, "2") == 0 ? EVERYTHING : REFUSALS;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer;
}

static void print(const char *format, va_list arguments)
{
    int saved = errno;
    char line[1024];
    int length = snprintf(line, sizeof line, "daxemu[%d]: ", (int)getpid());
    int written = vsnprintf(line + length, sizeof line - 1 - (size_t)length, format, arguments);
    if (written > 0) {
        length += written;
        if ((size_t)length > sizeof line - 2)
            length = sizeof line - 2;
    }
    line[length++] = '\n';
    (void)!raw_write(STDERR_FILENO, line, (size_t)length);
    errno = saved;
}

void debug(const char *format, ...)
{
    if (level() < REFUSALS)
        return;
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
}

void trace(const char *format, ...)
{
    if (level() < EVERYTHING)
        return;
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
}
