/*
 * caller libc | raw | uring: a program that takes blocks away from files, by libc's functions, by system calls of its own that no library can stand in
 * front of, or by io_uring. It is told what to do by lines on standard input, two for each operation:
 *   prepare OPERATION FILE OTHER   does what comes before it: opens the descriptors that must be older than what the reader of the answer does next
 *   run                            does it, to FILE; OTHER is the second file of operations that have two
 * Each is answered by a line: an errno, 0 for success, or "cannot" when there is no such way to do the operation. Built with -static it is the
 * static program. Ranges: four pages from the fourth, of files of sixteen; a truncate leaves two pages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096L
#define LENGTH (16 * PAGE)
#define FROM (4 * PAGE)
#define COUNT (4 * PAGE)
#define CUT (2 * PAGE)

/* No errno: there is no such way to do it. */
#define CANNOT (-4097L)

/* From Linux 6.9, which the installed headers may be older than. */
#define OP_FTRUNCATE 55

/* fs/ext4/ext4.h: the kernel exports it to nobody, and promises not to change it. */
struct move_extent {
    uint32_t reserved, donor_fd;
    uint64_t orig_start, donor_start, len, moved_len;
};
#define EXT4_IOC_MOVE_EXT _IOWR('f', 15, struct move_extent)

/* xfs/xfs_fs.h since Linux 6.10. */
struct exchange_range {
    int32_t file1_fd;
    uint32_t pad;
    uint64_t file1_offset, file2_offset, length, flags;
};
#define XFS_IOC_EXCHANGE_RANGE _IOW('X', 129, struct exchange_range)

enum way { LIBC, RAW, URING };

static enum way way;

/* What an operation works on; a descriptor is -1 until it is opened. */
static struct {
    char path[4096], other_path[4096];
    int file, other;
    char *mapping;
} target;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Each of these returns what a system call returns to the C library: the negated errno of a failure. */

static long raw(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "no system call of its own on this architecture"
#endif
}

static long settled(long result)
{
    return result < 0 ? -errno : result;
}

static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_mask;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;
static int ring = -1;

static void *ring_part(size_t length, off_t offset)
{
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, ring, offset);
    if (at == MAP_FAILED)
        die("mmap of the ring");
    return at;
}

static void open_ring(void)
{
    struct io_uring_params p = {0};
    ring = (int)syscall(__NR_io_uring_setup, 1, &p);
    if (ring < 0)
        die("io_uring_setup");

    char *sq = ring_part(p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
    char *cq = ring_part(p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
    sqes = ring_part(p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    sq_tail = (unsigned *)(sq + p.sq_off.tail);
    sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    sq_array = (unsigned *)(sq + p.sq_off.array);
    cq_head = (unsigned *)(cq + p.cq_off.head);
    cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

static long submit(struct io_uring_sqe request)
{
    unsigned slot = *sq_tail & *sq_mask;
    sqes[slot] = request;
    sq_array[slot] = slot;
    __atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
    long done;
    do
        done = syscall(__NR_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    while (done < 0 && errno == EINTR);
    if (done != 1)
        die("io_uring_enter");

    long result = cqes[*cq_head & *cq_mask].res;
    __atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
    return result;
}

static long do_open(const char *path, int flags)
{
    switch (way) {
    case LIBC:
        return settled((flags & (O_CREAT | O_TRUNC)) == (O_CREAT | O_TRUNC) ? creat(path, 0666) : open(path, flags));
    case RAW:
#ifdef __NR_creat
        if (flags & O_CREAT)
            return raw(__NR_creat, (long)path, 0666, 0, 0, 0, 0);
#endif
        return raw(__NR_openat, AT_FDCWD, (long)path, flags, 0666, 0, 0);
    default:
        return submit((struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)path, .len = 0666, .open_flags = (unsigned)flags});
    }
}

static long do_truncate(const char *path, long length)
{
    return way == LIBC ? settled(truncate(path, length)) : way == RAW ? raw(__NR_truncate, (long)path, length, 0, 0, 0, 0) : CANNOT;
}

static long do_ftruncate(int file, long length)
{
    switch (way) {
    case LIBC:
        return settled(ftruncate(file, length));
    case RAW:
        return raw(__NR_ftruncate, file, length, 0, 0, 0, 0);
    default:
        return submit((struct io_uring_sqe){.opcode = OP_FTRUNCATE, .fd = file, .off = (uint64_t)length});
    }
}

static long do_fallocate(int file, int mode, long offset, long length)
{
    switch (way) {
    case LIBC:
        return settled(fallocate(file, mode, offset, length));
    case RAW:
        return raw(__NR_fallocate, file, mode, offset, length, 0, 0);
    default:
        return submit((struct io_uring_sqe){
            .opcode = IORING_OP_FALLOCATE, .fd = file, .off = (uint64_t)offset, .addr = (uint64_t)length, .len = (unsigned)mode});
    }
}

static long do_madvise(void *at, long length, int advice)
{
    switch (way) {
    case LIBC:
        return settled(madvise(at, (size_t)length, advice));
    case RAW:
        return raw(__NR_madvise, (long)at, length, advice, 0, 0, 0);
    default:
        return submit((struct io_uring_sqe){.opcode = IORING_OP_MADVISE, .fd = -1, .addr = (uintptr_t)at, .len = (unsigned)length, .fadvise_advice = (unsigned)advice});
    }
}

static long do_ioctl(int file, unsigned long request, const void *argument)
{
    return way == LIBC ? settled(ioctl(file, request, argument))
         : way == RAW  ? raw(__NR_ioctl, file, (long)request, (long)argument, 0, 0, 0)
                       : CANNOT;
}

static long do_copy(int from, int to, long length)
{
    off_t in = 0, out = 0;
    while (out < length) {
        long copied = way == LIBC ? settled(copy_file_range(from, &in, to, &out, (size_t)(length - out), 0))
                    : way == RAW  ? raw(__NR_copy_file_range, from, (long)&in, to, (long)&out, length - out, 0)
                                  : CANNOT;
        if (copied <= 0)
            return copied < 0 ? copied : -EIO;
    }
    return 0;
}

/* The operations, in terms of FILE and OTHER. */

static long truncate_it(void)
{
    return do_truncate(target.path, CUT);
}

static long ftruncate_it(void)
{
    return do_ftruncate(target.file, CUT);
}

static long open_truncate_it(void)
{
    return do_open(target.path, O_WRONLY | O_TRUNC);
}

static long creat_it(void)
{
    return do_open(target.path, O_WRONLY | O_CREAT | O_TRUNC);
}

static long punch_it(void)
{
    return do_fallocate(target.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FROM, COUNT);
}

static long zero_it(void)
{
    return do_fallocate(target.file, FALLOC_FL_ZERO_RANGE, FROM, COUNT);
}

static long collapse_it(void)
{
    return do_fallocate(target.file, FALLOC_FL_COLLAPSE_RANGE, FROM, COUNT);
}

static long insert_it(void)
{
    return do_fallocate(target.file, FALLOC_FL_INSERT_RANGE, FROM, COUNT);
}

static long unshare_it(void)
{
    return do_fallocate(target.file, FALLOC_FL_UNSHARE_RANGE, 0, LENGTH);
}

static long clone(int from, int to)
{
    return do_ioctl(to, FICLONE, (void *)(long)from);
}

static long clone_into(void)
{
    return clone(target.other, target.file);
}

static long clone_from(void)
{
    return clone(target.file, target.other);
}

static long clone_range(int from, int to)
{
    struct file_clone_range range = {.src_fd = from, .src_offset = FROM, .src_length = COUNT, .dest_offset = FROM};
    return do_ioctl(to, FICLONERANGE, &range);
}

static long clone_range_into(void)
{
    return clone_range(target.other, target.file);
}

static long clone_range_from(void)
{
    return clone_range(target.file, target.other);
}

static long dedupe(int from, int to)
{
    _Alignas(struct file_dedupe_range) char space[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)] = {0};
    struct file_dedupe_range *range = (struct file_dedupe_range *)space;
    range->src_length = LENGTH;
    range->dest_count = 1;
    range->info[0].dest_fd = to;
    long result = do_ioctl(from, FIDEDUPERANGE, range);
    return result < 0 ? result : range->info[0].status == FILE_DEDUPE_RANGE_DIFFERS ? -EILSEQ : range->info[0].status;
}

static long dedupe_into(void)
{
    return dedupe(target.other, target.file);
}

static long dedupe_from(void)
{
    return dedupe(target.file, target.other);
}

static long move_extents(int file, int donor)
{
    struct move_extent move = {.donor_fd = (uint32_t)donor, .orig_start = FROM / PAGE, .donor_start = FROM / PAGE, .len = COUNT / PAGE};
    return do_ioctl(file, EXT4_IOC_MOVE_EXT, &move);
}

static long move_extents_of(void)
{
    return move_extents(target.file, target.other);
}

static long move_extents_donor(void)
{
    return move_extents(target.other, target.file);
}

static long exchange_it(void)
{
    struct exchange_range range = {.file1_fd = target.other, .file1_offset = FROM, .file2_offset = FROM, .length = COUNT};
    return do_ioctl(target.file, XFS_IOC_EXCHANGE_RANGE, &range);
}

static long copy_into(void)
{
    return do_copy(target.other, target.file, LENGTH);
}

static long copy_from(void)
{
    return do_copy(target.file, target.other, LENGTH);
}

static long remove_it(void)
{
    return do_madvise(target.mapping + FROM, COUNT, MADV_REMOVE);
}

static long change_dax_flag(void)
{
    struct fsxattr attributes = {0};
    long result = do_ioctl(target.file, FS_IOC_FSGETXATTR, &attributes);
    if (result < 0)
        return result;
    attributes.fsx_xflags ^= FS_XFLAG_DAX;
    return do_ioctl(target.file, FS_IOC_FSSETXATTR, &attributes);
}

enum needs { NOTHING = 0, FILE_OPEN = 1, OTHER_OPEN = 2, OLD = 4, MAPPED = 8 };

static const struct operation {
    const char *name;
    int needs;
    long (*run)(void);
} operations[] = {
    {"truncate", NOTHING, truncate_it},
    {"ftruncate-old", FILE_OPEN | OLD, ftruncate_it},
    {"ftruncate-mapped", FILE_OPEN | MAPPED, ftruncate_it},
    {"open-truncate", NOTHING, open_truncate_it},
    {"creat", NOTHING, creat_it},
    {"punch", FILE_OPEN, punch_it},
    {"punch-old", FILE_OPEN | OLD, punch_it},
    {"zero", FILE_OPEN, zero_it},
    {"collapse", FILE_OPEN, collapse_it},
    {"insert", FILE_OPEN, insert_it},
    {"unshare", FILE_OPEN, unshare_it},
    {"clone-into", FILE_OPEN | OTHER_OPEN, clone_into},
    {"clone-from", FILE_OPEN | OTHER_OPEN, clone_from},
    {"clone-range-into", FILE_OPEN | OTHER_OPEN, clone_range_into},
    {"clone-range-from", FILE_OPEN | OTHER_OPEN, clone_range_from},
    {"dedupe-into", FILE_OPEN | OTHER_OPEN, dedupe_into},
    {"dedupe-from", FILE_OPEN | OTHER_OPEN, dedupe_from},
    {"move-extents", FILE_OPEN | OTHER_OPEN, move_extents_of},
    {"move-extents-donor", FILE_OPEN | OTHER_OPEN, move_extents_donor},
    {"exchange-range", FILE_OPEN | OTHER_OPEN, exchange_it},
    {"copy-into", FILE_OPEN | OTHER_OPEN, copy_into},
    {"copy-from", FILE_OPEN | OTHER_OPEN, copy_from},
    {"madv-remove", FILE_OPEN | MAPPED, remove_it},
    {"madv-remove-old", FILE_OPEN | OLD | MAPPED, remove_it},
    {"dax-flag", FILE_OPEN, change_dax_flag},
};

/* The descriptors that an operation works on are opened by libc: how is no part of it. */
static int open_targets(int needs)
{
    if (needs & FILE_OPEN) {
        target.file = open(target.path, O_RDWR);
        if (target.file < 0)
            return errno;
    }
    if (needs & OTHER_OPEN) {
        target.other = open(target.other_path, O_RDWR);
        if (target.other < 0)
            return errno;
    }
    if (needs & MAPPED) {
        target.mapping = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, target.file, 0);
        if (target.mapping == MAP_FAILED)
            return errno;
        (void)*(volatile char *)(target.mapping + FROM);
    }
    return 0;
}

static void close_targets(void)
{
    if (target.mapping != MAP_FAILED)
        munmap(target.mapping, LENGTH);
    if (target.other >= 0)
        close(target.other);
    if (target.file >= 0)
        close(target.file);
    target.mapping = MAP_FAILED;
    target.file = target.other = -1;
}

static void answer(int number)
{
    printf("%d\n", number);
}

int main(int argc, char **argv)
{
    static char line[9000];
    const struct operation *chosen = NULL;
    const char *named = argc == 2 ? argv[1] : "";

    if (strcmp(named, "libc") != 0 && strcmp(named, "raw") != 0 && strcmp(named, "uring") != 0) {
        fprintf(stderr, "usage: caller libc|raw|uring\n");
        return 2;
    }
    way = named[0] == 'l' ? LIBC : named[0] == 'r' ? RAW : URING;
    if (way == URING)
        open_ring();
    setvbuf(stdout, NULL, _IOLBF, 0);
    target.mapping = MAP_FAILED;
    target.file = target.other = -1;

    while (fgets(line, sizeof line, stdin) != NULL) {
        char name[32];
        if (sscanf(line, "prepare %31s %4095s %4095s", name, target.path, target.other_path) == 3) {
            chosen = NULL;
            for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
                if (strcmp(operations[i].name, name) == 0)
                    chosen = &operations[i];
            if (chosen == NULL)
                printf("cannot\n");
            else
                answer(chosen->needs & OLD ? open_targets(chosen->needs) : 0);
        } else if (strcmp(line, "run\n") == 0 && chosen != NULL) {
            int failed = chosen->needs & OLD ? 0 : open_targets(chosen->needs);
            long result = failed != 0 ? -failed : chosen->run();
            if (result == CANNOT)
                printf("cannot\n");
            else
                answer(result < 0 ? (int)-result : 0);
            if (result > 2 && (chosen->run == open_truncate_it || chosen->run == creat_it))
                close((int)result);
            close_targets();
            chosen = NULL;
        } else {
            fprintf(stderr, "not understood: %s", line);
            return 2;
        }
    }
    return 0;
}
