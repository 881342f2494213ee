/*
 * What a system call's pointers point to. Copied by the kernel, so that one that leads nowhere fails, as in the system call itself, and does
 * not end the program.
 */
#ifndef DAXEMU_PRELOAD_ARGUMENTS_H
#define DAXEMU_PRELOAD_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

/* False where it cannot be read (written): the kernel is to say what that means, or it is EFAULT. Keep errno. */
bool argument_read(void *copy, const void *argument, size_t length);
bool argument_write(void *argument, const void *copy, size_t length);

#endif
