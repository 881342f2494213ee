/*
 * fixed FILE: a device with a real long-term pin. Maps 16 pages of the file twice and pins both as fixed buffers of io_uring, which the kernel
 * pins as an RDMA driver pins a memory region; then reads and writes through the pinned pages only, as standard input says:
 *   w BUFFER OFFSET BYTE    reads BYTE from another file into the buffer: a device's write to memory
 *   r BUFFER OFFSET         writes a byte of the buffer to another file and prints it: a device's read of memory
 *   m OFFSET                prints the byte that the program's own mapping shows
 *   remove OFFSET LENGTH    madvise(MADV_REMOVE) on the program's own mapping
 *   unmap                   unmaps and closes the file; the pins stay
 *   again                   gives the pins back, and pins anew
 * Each command is answered by a line: a number, which is an errno for commands that read nothing. The first line is that of the pin.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define LENGTH (16 * 4096)

static int ring, other;
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_mask;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;
static struct iovec buffers[2];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void *map(size_t length, int descriptor, off_t offset)
{
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, offset);
    if (at == MAP_FAILED)
        die("mmap");
    return at;
}

static void open_ring(void)
{
    struct io_uring_params p = {0};
    ring = (int)syscall(__NR_io_uring_setup, 1, &p);
    if (ring < 0)
        die("io_uring_setup");

    char *sq = map(p.sq_off.array + p.sq_entries * sizeof(unsigned), ring, IORING_OFF_SQ_RING);
    char *cq = map(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), ring, IORING_OFF_CQ_RING);
    sqes = map(p.sq_entries * sizeof(struct io_uring_sqe), ring, IORING_OFF_SQES);
    sq_tail = (unsigned *)(sq + p.sq_off.tail);
    sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    sq_array = (unsigned *)(sq + p.sq_off.array);
    cq_head = (unsigned *)(cq + p.cq_off.head);
    cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

static int pin(void)
{
    return syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS, buffers, 2) == 0 ? 0 : errno;
}

/* One byte between a pinned buffer and the other file; returns an errno. */
static int transfer(int opcode, int buffer, unsigned long offset)
{
    unsigned tail = *sq_tail;
    struct io_uring_sqe *sqe = &sqes[tail & *sq_mask];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = (unsigned char)opcode;
    sqe->fd = other;
    sqe->addr = (unsigned long)buffers[buffer].iov_base + offset;
    sqe->len = 1;
    sqe->buf_index = (unsigned short)buffer;
    sq_array[tail & *sq_mask] = tail & *sq_mask;
    __atomic_store_n(sq_tail, tail + 1, __ATOMIC_RELEASE);
    if (syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
        die("io_uring_enter");

    int result = cqes[*cq_head & *cq_mask].res;
    __atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
    return result == 1 ? 0 : result < 0 ? -result : EIO;
}

static int carry_out(const char *line, const int *file)
{
    int buffer;
    unsigned byte = 0;
    unsigned long offset, length;
    if (sscanf(line, "w %d %lu %u", &buffer, &offset, &byte) == 3) {
        if (pwrite(other, &(unsigned char){(unsigned char)byte}, 1, 0) != 1)
            die("pwrite");
        return transfer(IORING_OP_READ_FIXED, buffer, offset);
    }
    if (sscanf(line, "r %d %lu", &buffer, &offset) == 2) {
        unsigned char got = 0;
        int failed = transfer(IORING_OP_WRITE_FIXED, buffer, offset);
        if (failed != 0 || pread(other, &got, 1, 0) != 1)
            return -failed;
        return got;
    }
    if (sscanf(line, "m %lu", &offset) == 1)
        return ((volatile unsigned char *)buffers[0].iov_base)[offset];
    if (sscanf(line, "remove %lu %lu", &offset, &length) == 2)
        return madvise((char *)buffers[0].iov_base + offset, length, MADV_REMOVE) == 0 ? 0 : errno;
    if (strcmp(line, "unmap\n") == 0)
        return munmap(buffers[0].iov_base, LENGTH) == 0 && munmap(buffers[1].iov_base, LENGTH) == 0 && close(*file) == 0 ? 0 : errno;
    if (strcmp(line, "again\n") == 0)
        return syscall(__NR_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, NULL, 0) == 0 ? pin() : errno;
    return EINVAL;
}

int main(int argc, char **argv)
{
    char line[128];
    int file = argc == 2 ? open(argv[1], O_RDWR) : -1;
    other = (int)syscall(__NR_memfd_create, "other", 0);
    if (file < 0 || other < 0)
        die(argc == 2 ? argv[1] : "fixed FILE");

    for (int i = 0; i < 2; i++)
        buffers[i] = (struct iovec){.iov_base = map(LENGTH, file, 0), .iov_len = LENGTH};
    open_ring();
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%d\n", pin());
    while (fgets(line, sizeof line, stdin) != NULL)
        printf("%d\n", carry_out(line, &file));
    return 0;
}
