/*
 * native_exercise TENTHS PAGES: for so many tenths of a second, threads that copy and do atomic operations on memory whose pages "come-and-go",
 * or "stay". Built together with the sources of libdaxemu-native.so, so that a sanitizer sees into both.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

#define LENGTH (64 * 1024)

int daxemu_guard_install(void);
int daxemu_copy(void *destination, const void *source, size_t length, void **fault);
int daxemu_compare_swap(uint64_t *target, uint64_t compare, uint64_t swap, uint64_t *old);
int daxemu_fetch_add(uint64_t *target, uint64_t add, uint64_t *old);

static atomic_bool stop;
static atomic_uint_fast64_t added;
static uint64_t *counter;
static int file;
static bool come_and_go;

/* Into and out of pages that another thread takes away; each thread has its own. */
static void *copies(void *number)
{
    unsigned char *mapped = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, (intptr_t)number * LENGTH);
    CHECK(mapped != MAP_FAILED);
    unsigned long faults = 0, copied = 0;
    while (!atomic_load(&stop)) {
        unsigned char *own = malloc(LENGTH);
        memset(own, 5, LENGTH);
        void *fault = NULL;
        int there = daxemu_copy(mapped, own, LENGTH, &fault);
        CHECK(there == 0 || (there == 2 && (unsigned char *)fault >= mapped && (unsigned char *)fault < mapped + LENGTH));
        int back = daxemu_copy(own, mapped, LENGTH - 3, &fault);
        CHECK(back == 0 || (back == 1 && (unsigned char *)fault >= mapped && (unsigned char *)fault < mapped + LENGTH));
        uint64_t old;
        int swapped = daxemu_compare_swap((uint64_t *)(void *)mapped, 0, 1, &old);
        CHECK(swapped == 0 || swapped == 2);
        faults += (there != 0) + (back != 0) + (swapped != 0);
        copied += (there == 0) + (back == 0);
        free(own);
    }
    munmap(mapped, LENGTH);
    CHECK((faults > 0) == come_and_go && copied > 0);
    return NULL;
}

static void *additions(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        uint64_t old;
        CHECK(daxemu_fetch_add(counter, 3, &old) == 0);
        atomic_fetch_add(&added, 3);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    CHECK(argc == 3 && daxemu_guard_install() == 0);
    come_and_go = strcmp(argv[2], "come-and-go") == 0;
    counter = calloc(1, sizeof *counter);
    file = memfd_create("pages", MFD_CLOEXEC);
    CHECK(counter != NULL && file >= 0 && ftruncate(file, 3 * LENGTH) == 0);
    pthread_t threads[5];
    for (intptr_t i = 0; i < 5; i++)
        CHECK(pthread_create(&threads[i], NULL, i < 3 ? copies : additions, (void *)i) == 0);
    for (int i = 0; i < atoi(argv[1]) * 10; i++) {
        CHECK(ftruncate(file, !come_and_go || i % 2 != 0 ? 3 * LENGTH : LENGTH / 2) == 0);
        poll(NULL, 0, 10);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 5; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(*counter == atomic_load(&added));
    free(counter);
    return 0;
}
