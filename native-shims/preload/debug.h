/* DAXEMU_DEBUG=1: what was refused, and why, on the standard error stream; 2: every command and ioctl as well. */
#ifndef DAXEMU_PRELOAD_DEBUG_H
#define DAXEMU_PRELOAD_DEBUG_H

/* Writes one line, in one write(2). Keeps errno. */
void debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As debug, for what is not a problem. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
