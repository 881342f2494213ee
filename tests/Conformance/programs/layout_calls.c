/*
 * layout_calls FILE OTHER: makes every call of libc that changes which blocks lie under the bytes of FILE, and prints for each "NAME ERROR
 * STATE": the error's name or "-", and whether the file is as it was, "kept" or "changed". OTHER is a file of the same size beside it.
 * Before each call, a file that was changed is written anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE (16 * 4096)
#define PIECE 4096
#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: %s: %m\n", __FILE__, __LINE__, #condition);               \
            exit(2);                                                                          \
        }                                                                                     \
    } while (0)

struct move_extent {
    uint32_t reserved, donor_fd;
    uint64_t orig_start, donor_start, len, moved_len;
};
#define EXT4_IOC_MOVE_EXT _IOWR('f', 15, struct move_extent)

struct exchange_range {
    int32_t file1_fd;
    uint32_t pad;
    uint64_t file1_offset, file2_offset, length, flags;
};
#define XFS_IOC_EXCHANGE_RANGE _IOW('X', 129, struct exchange_range)

struct reservation {
    int16_t type, whence;
    int64_t start, len;
    int32_t sysid;
    uint32_t pid;
    int32_t pad[4];
};
#define XFS_IOC_UNRESVSP64 _IOW('X', 43, struct reservation)

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);

static const char *path, *other_path;
static int fd, other;

static int result_of_open(int opened)
{
    return opened < 0 ? -1 : close(opened);
}

static int result_of_stream(FILE *stream)
{
    return stream == NULL ? -1 : fclose(stream);
}

static FILE *a_stream(void)
{
    FILE *stream = fopen("/dev/null", "w");
    CHECK(stream != NULL);
    return stream;
}

#define CALL(name, expression) \
    static int name(void)      \
    {                          \
        return expression;     \
    }

CALL(call_truncate, truncate(path, PIECE))
CALL(call_truncate64, truncate64(path, PIECE))
CALL(call_ftruncate, ftruncate(fd, PIECE))
CALL(call_ftruncate64, ftruncate64(fd, PIECE))
CALL(call_open, result_of_open(open(path, O_WRONLY | O_TRUNC)))
CALL(call_open_creat, result_of_open(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)))
CALL(call_open_read, result_of_open(open(path, O_RDONLY | O_TRUNC)))
CALL(call_open64, result_of_open(open64(path, O_RDWR | O_TRUNC)))
CALL(call_openat, result_of_open(openat(AT_FDCWD, path, O_RDWR | O_TRUNC)))
CALL(call_openat64, result_of_open(openat64(AT_FDCWD, path, O_RDWR | O_TRUNC)))
CALL(call_open_2, result_of_open(__open_2(path, O_RDWR | O_TRUNC)))
CALL(call_open64_2, result_of_open(__open64_2(path, O_RDWR | O_TRUNC)))
CALL(call_openat_2, result_of_open(__openat_2(AT_FDCWD, path, O_RDWR | O_TRUNC)))
CALL(call_openat64_2, result_of_open(__openat64_2(AT_FDCWD, path, O_RDWR | O_TRUNC)))
CALL(call_creat, result_of_open(creat(path, 0600)))
CALL(call_creat64, result_of_open(creat64(path, 0600)))
CALL(call_fopen, result_of_stream(fopen(path, "w")))
CALL(call_fopen_plus, result_of_stream(fopen(path, "w+e")))
CALL(call_fopen64, result_of_stream(fopen64(path, "wb")))
CALL(call_fopen_ccs, result_of_stream(fopen(path, "w,ccs=UTF-8")))
CALL(call_freopen, result_of_stream(freopen(path, "w", a_stream())))
CALL(call_freopen64, result_of_stream(freopen64(path, "w+", a_stream())))
CALL(call_punch, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PIECE, PIECE))
CALL(call_punch64, fallocate64(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PIECE, PIECE))
CALL(call_zero, fallocate(fd, FALLOC_FL_ZERO_RANGE, PIECE, PIECE))
CALL(call_collapse, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, PIECE, PIECE))
CALL(call_insert, fallocate(fd, FALLOC_FL_INSERT_RANGE, PIECE, PIECE))
CALL(call_unshare, fallocate(fd, FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE, PIECE, PIECE))
CALL(call_clone, ioctl(fd, FICLONE, other))
CALL(call_syscall_truncate, (int)syscall(SYS_truncate, path, PIECE))
CALL(call_syscall_ftruncate, (int)syscall(SYS_ftruncate, fd, PIECE))
CALL(call_syscall_fallocate, (int)syscall(SYS_fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PIECE, PIECE))
CALL(call_syscall_openat, result_of_open((int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_TRUNC)))
CALL(call_syscall_clone, (int)syscall(SYS_ioctl, fd, FICLONE, other))

static int call_freopen_same(void)
{
    FILE *stream = fopen(path, "r+");
    CHECK(stream != NULL);
    return result_of_stream(freopen(NULL, "w", stream));
}

static int call_syscall_openat2(void)
{
    struct open_how how = { .flags = O_WRONLY | O_TRUNC };
    return result_of_open((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

static int call_remove(void)
{
    unsigned char *mapped = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(mapped != MAP_FAILED);
    int result = madvise(mapped + PIECE, PIECE, MADV_REMOVE), error = errno;
    munmap(mapped, SIZE);
    errno = error;
    return result;
}

static int call_clone_range(void)
{
    struct file_clone_range range = { .src_fd = other, .src_offset = PIECE, .src_length = PIECE, .dest_offset = PIECE };
    return ioctl(fd, FICLONERANGE, &range);
}

static int call_clone_from(void)
{
    struct file_clone_range range = { .src_fd = fd, .src_length = PIECE };
    return ioctl(other, FICLONERANGE, &range);
}

static int call_dedupe(void)
{
    struct {
        struct file_dedupe_range range;
        struct file_dedupe_range_info info;
    } all = { .range = { .src_length = PIECE, .dest_count = 1 }, .info = { .dest_fd = fd } };
    int result = ioctl(other, FIDEDUPERANGE, &all);
    if (result == 0 && all.info.status < 0) {
        errno = -all.info.status;
        return -1;
    }
    return result;
}

static int call_copy(void)
{
    off64_t from = PIECE, to = PIECE;
    return copy_file_range(other, &from, fd, &to, PIECE, 0) == PIECE && from == 2 * PIECE && to == 2 * PIECE ? 0 : -1;
}

static int call_move_extents(void)
{
    struct move_extent move = { .donor_fd = (uint32_t)other, .orig_start = 1, .donor_start = 1, .len = 1 };
    return ioctl(fd, EXT4_IOC_MOVE_EXT, &move);
}

static int call_exchange(void)
{
    struct exchange_range range = { .file1_fd = other, .file1_offset = PIECE, .file2_offset = PIECE, .length = PIECE };
    return ioctl(fd, XFS_IOC_EXCHANGE_RANGE, &range);
}

static int call_unreserve(void)
{
    struct reservation wish = { .whence = SEEK_SET, .start = PIECE, .len = PIECE };
    return ioctl(fd, XFS_IOC_UNRESVSP64, &wish);
}

static int call_dax_flag(void)
{
    struct fsxattr attributes;
    CHECK(ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0);
    attributes.fsx_xflags ^= FS_XFLAG_DAX;
    return ioctl(fd, FS_IOC_FSSETXATTR, &attributes);
}

/* None of these takes a block away. */
static int call_harmless(void)
{
    int grown = open(path, O_RDWR | O_CREAT, 0600);
    CHECK(grown >= 0 && fallocate(grown, 0, 0, SIZE) == 0 && posix_fallocate(grown, 0, SIZE) == 0 && ftruncate(grown, SIZE) == 0);
    CHECK(open(path, O_RDWR | O_CREAT | O_EXCL | O_TRUNC, 0600) == -1 && errno == EEXIST);
    CHECK(fopen(path, "wx") == NULL && errno == EEXIST);
    return close(grown);
}

#define ENTRY(name) { #name, call_##name }

static const struct {
    const char *name;
    int (*make)(void);
} calls[] = {
    ENTRY(truncate), ENTRY(truncate64), ENTRY(ftruncate), ENTRY(ftruncate64), ENTRY(open), ENTRY(open_creat), ENTRY(open_read),
    ENTRY(open64), ENTRY(openat), ENTRY(openat64), ENTRY(open_2), ENTRY(open64_2), ENTRY(openat_2), ENTRY(openat64_2), ENTRY(creat),
    ENTRY(creat64), ENTRY(fopen), ENTRY(fopen_plus), ENTRY(fopen64), ENTRY(fopen_ccs), ENTRY(freopen), ENTRY(freopen64),
    ENTRY(freopen_same), ENTRY(punch), ENTRY(punch64), ENTRY(zero), ENTRY(collapse), ENTRY(insert), ENTRY(unshare), ENTRY(syscall_truncate),
    ENTRY(syscall_ftruncate), ENTRY(syscall_fallocate), ENTRY(syscall_openat), ENTRY(syscall_openat2), ENTRY(syscall_clone),
    ENTRY(remove), ENTRY(clone), ENTRY(clone_range), ENTRY(clone_from), ENTRY(dedupe), ENTRY(copy), ENTRY(move_extents),
    ENTRY(exchange), ENTRY(unreserve), ENTRY(dax_flag), ENTRY(harmless),
};

static bool is_kept(const unsigned char *bytes)
{
    static unsigned char now[SIZE + 1];
    return pread(fd, now, sizeof now, 0) == SIZE && memcmp(now, bytes, SIZE) == 0;
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    path = argv[1];
    other_path = argv[2];
    fd = open(path, O_RDWR | O_CREAT, 0600);
    other = open(other_path, O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && other >= 0);
    static unsigned char bytes[SIZE], other_bytes[SIZE];
    memset(bytes, 7, SIZE);
    memset(other_bytes, 9, SIZE);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (!is_kept(bytes))
            CHECK(ftruncate(fd, SIZE) == 0 && pwrite(fd, bytes, SIZE, 0) == SIZE);
        CHECK(ftruncate(other, SIZE) == 0 && pwrite(other, other_bytes, SIZE, 0) == SIZE && fsync(other) == 0 && fsync(fd) == 0);
        errno = 0;
        int result = calls[i].make();
        printf("%s %s %s\n", calls[i].name, result == 0 ? "-" : strerrorname_np(errno), is_kept(bytes) ? "kept" : "changed");
        fflush(stdout);
    }
    return 0;
}
