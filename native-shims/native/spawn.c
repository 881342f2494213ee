/*
 * Starting a program with chosen descriptors.
 *
 * In C because the actions and attributes of posix_spawn(3) are opaque structures whose size only the C library's headers know. Not
 * fork(2): the child of a process with a managed runtime may run nothing but async-signal-safe code before it executes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#define DAXEMU_EXPORT __attribute__((visibility("default")))

enum { MOST_DESCRIPTORS = 8 };

static int start(
    const char *program, char *const arguments[], char *const environment[], const int *above, int count, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed != 0)
        return failed;

    /* The duplicate is inheritable and exists in the child alone; all other descriptors of this process are close-on-exec. */
    for (int i = 0; i < count && failed == 0; i++)
        failed = posix_spawn_file_actions_adddup2(&actions, above[i], i);

    posix_spawnattr_t attributes;
    if (failed == 0 && (failed = posix_spawnattr_init(&attributes)) == 0) {
        /* The runtime ignores SIGPIPE, which a program would inherit. */
        sigset_t defaults;
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        failed = posix_spawnp(child, program, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/*
 * Starts a program, found through PATH, in which descriptors[i] has the number i. Returns 0 or an errno: ENOENT when there is no such
 * program. The caller waits for the child.
 */
DAXEMU_EXPORT int daxemu_spawn(
    const char *program, char *const arguments[], char *const environment[], const int *descriptors, int count, pid_t *child)
{
    if (count < 0 || count > MOST_DESCRIPTORS)
        return EINVAL;

    /* Moved out of the range that the child numbers anew: one duplicate must not overwrite the source of the next. */
    int above[MOST_DESCRIPTORS];
    int moved = 0;
    int failed = 0;
    while (moved < count && failed == 0) {
        above[moved] = fcntl(descriptors[moved], F_DUPFD_CLOEXEC, count);
        if (above[moved] < 0)
            failed = errno;
        else
            moved++;
    }

    if (failed == 0)
        failed = start(program, arguments, environment, above, count, child);
    while (moved > 0)
        close(above[--moved]);
    return failed;
}
