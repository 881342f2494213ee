/*
 * ring OPERATION FILE [MODE OFFSET LENGTH]: one request through io_uring, by a worker of its own, and prints its result. What it asks is in no
 * register of any thread. "read", "write" with 1, and "open" with FLAGS 1, are not left to a worker.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ftruncate_operation = 55 };

int main(int argc, char **argv)
{
    static char bytes[8192];
    struct io_uring_params parameters = {0};
    long numbers[3] = {0};
    int file, ring;

    if (argc < 3)
        return 2;
    for (int i = 0; i < 3 && i + 3 < argc; i++)
        numbers[i] = strtol(argv[i + 3], NULL, 0);

    ring = (int)syscall(__NR_io_uring_setup, 2, &parameters);
    file = strcmp(argv[1], "open") == 0 ? -1 : open(argv[2], O_RDWR);
    if (ring < 0)
        return 1;

    char *queues = mmap(NULL, parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned) + 4096, PROT_READ | PROT_WRITE,
                        MAP_SHARED, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *request = mmap(NULL, parameters.sq_entries * sizeof(*request), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
    memset(request, 0, sizeof(*request));
    request->fd = file;
    request->flags = IOSQE_ASYNC;
    if (strcmp(argv[1], "fallocate") == 0) {
        request->opcode = IORING_OP_FALLOCATE;
        request->len = (unsigned)numbers[0];
        request->off = (unsigned long)numbers[1];
        request->addr = (unsigned long)numbers[2];
    } else if (strcmp(argv[1], "ftruncate") == 0) {
        request->opcode = ftruncate_operation;
        request->off = (unsigned long)numbers[0];
    } else if (strcmp(argv[1], "open") == 0) {
        request->opcode = IORING_OP_OPENAT;
        request->fd = AT_FDCWD;
        request->addr = (unsigned long)argv[2];
        request->open_flags = (unsigned)numbers[0];
        if (numbers[1] == 1)
            request->flags = 0;
    } else if (strcmp(argv[1], "madvise") == 0) {
        request->opcode = IORING_OP_MADVISE;
        request->addr = (unsigned long)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) + (unsigned long)numbers[1];
        request->len = (unsigned)numbers[2];
        request->fadvise_advice = MADV_REMOVE;
    } else {
        request->opcode = strcmp(argv[1], "read") == 0 ? IORING_OP_READ : IORING_OP_WRITE;
        request->addr = (unsigned long)bytes;
        request->len = sizeof(bytes);
        if (numbers[0] == 1)
            request->flags = 0;
    }

    ((unsigned *)(queues + parameters.sq_off.array))[0] = 0;
    __atomic_store_n((unsigned *)(queues + parameters.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
        return 1;
    printf("%d\n", ((struct io_uring_cqe *)(queues + parameters.cq_off.cqes))[0].res);
    return 0;
}
