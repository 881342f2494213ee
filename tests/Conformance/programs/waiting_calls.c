/*
 * waiting_calls HOW FILE: truncates a file while others keep it from doing so.
 *   signal   a signal whose handler asks for restarts comes again and again: prints the error
 *   threads  eight threads, each with a descriptor of its own: prints "done" when all have had their way
 *   forked   forks while a thread waits; the child says "child" and stays until its input ends: the parent waits
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: %s: %m\n", __FILE__, __LINE__, #condition);               \
            exit(2);                                                                          \
        }                                                                                     \
    } while (0)

static const char *path;
static atomic_bool over;

static void *cut(void *unused)
{
    (void)unused;
    int fd = open(path, O_RDWR);
    CHECK(fd >= 0 && ftruncate(fd, 1) == 0 && close(fd) == 0);
    return NULL;
}

static void *disturb(void *whom)
{
    while (!atomic_load(&over)) {
        pthread_kill(*(pthread_t *)whom, SIGUSR1);
        usleep(10000);
    }
    return NULL;
}

static void nothing(int signal)
{
    (void)signal;
}

/* The state of the other threads tells when they wait: in ppoll(2), as nothing else here is. */
static void await_waiting(int threads)
{
    char name[64], text[32];
    int waiting;
    do {
        waiting = 0;
        for (pid_t thread = getpid() + 1; thread < getpid() + 64; thread++) {
            snprintf(name, sizeof name, "/proc/self/task/%d/syscall", (int)thread);
            FILE *file = fopen(name, "r");
            if (file == NULL)
                continue;
            waiting += fgets(text, sizeof text, file) != NULL && atoi(text) == SYS_ppoll;
            fclose(file);
        }
    } while (waiting < threads);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    path = argv[2];
    pthread_t threads[8], self = pthread_self();
    if (strcmp(argv[1], "signal") == 0) {
        struct sigaction action = { .sa_handler = nothing, .sa_flags = SA_RESTART };
        CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && pthread_create(&threads[0], NULL, disturb, &self) == 0);
        int result = truncate(path, 1);
        printf("%s\n", result == 0 ? "-" : strerrorname_np(errno));
        atomic_store(&over, true);
        CHECK(pthread_join(threads[0], NULL) == 0);
        return 0;
    }
    int count = strcmp(argv[1], "threads") == 0 ? 8 : 1;
    for (int i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, cut, NULL) == 0);
    await_waiting(count);
    if (strcmp(argv[1], "forked") == 0 && fork() == 0) {
        char byte;
        printf("child\n");
        fflush(stdout);
        return (int)read(STDIN_FILENO, &byte, 1);
    }
    printf("waiting\n");
    fflush(stdout);
    for (int i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    printf("done\n");
    return 0;
}
