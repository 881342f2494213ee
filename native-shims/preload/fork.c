/*
 * fork(2). The child shares the open device files and their rings with its parent, as it would a kernel's; it does not share memory
 * that was private before it was registered.
 */
#include "arena.h"
#include "descriptors.h"
#include "directories.h"
#include "guard.h"
#include "memory.h"
#include "registrations.h"

#include <pthread.h>

static void before(void)
{
    memory_lock();
    streams_lock();
    descriptors_lock();
    registrations_lock();
}

static void in_parent(void)
{
    registrations_unlock(false);
    descriptors_unlock(false);
    streams_unlock();
    memory_unlock();
}

static void in_child(void)
{
    registrations_unlock(true);
    descriptors_unlock(true);
    arena_leave_to_parent();
    guard_leave_to_parent();
    streams_unlock();
    memory_unlock();
}

__attribute__((constructor)) static void watch_forks(void)
{
    pthread_atfork(before, in_parent, in_child);
}
