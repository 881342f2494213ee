/* The signal that a program asks for when somebody wants a memory region of its back (struct daxemu_hello). */
#ifndef DAXEMU_PRELOAD_LEASE_SIGNAL_H
#define DAXEMU_PRELOAD_LEASE_SIGNAL_H

/*
 * What DAXEMU_LEASE_SIGNAL names: SIGUSR1, USR1, RTMIN, RTMIN+n, RTMAX-n or a number. 0 when it is not set or empty, -1 when it names no
 * signal.
 */
int lease_signal(void);

#endif
