#include "guard_ioctls.h"
#include "arguments.h"
#include "guard.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stddef.h>
#include <sys/ioctl.h>

#define TO_THE_END (UINT64_MAX)

/* More destinations of a dedupe than fit in a page the kernel refuses (fs/ioctl.c): pages have 64 KiB at most. */
#define MOST_DESTINATIONS ((64 * 1024 - sizeof(struct file_dedupe_range)) / sizeof(struct file_dedupe_range_info))

/* Since Linux 5.10 in linux/fs.h: FS_XFLAG_DAX as lsattr(1) has it. */
#ifndef FS_DAX_FL
#define FS_DAX_FL 0x02000000
#endif

/* fs/ext4/ext4.h; in no header that is installed. */
struct move_extent {
    uint32_t reserved;
    uint32_t donor_fd;
    uint64_t orig_start, donor_start, len; /* blocks */
    uint64_t moved_len;
};

#define EXT4_IOC_MOVE_EXT _IOWR('f', 15, struct move_extent)

/* xfs/xfs_fs.h from Linux 6.10 on: ioctl_xfs_exchange_range(2), ioctl_xfs_commit_range(2). The second struct begins as the first. */
struct exchange_range {
    int32_t file1_fd;
    uint32_t pad;
    uint64_t file1_offset, file2_offset, length, flags;
};

struct commit_range {
    struct exchange_range range;
    uint64_t freshness[6];
};

_Static_assert(sizeof(struct move_extent) == 40, "fs/ext4/ext4.h");
_Static_assert(sizeof(struct exchange_range) == 40 && sizeof(struct commit_range) == 88, "xfs/xfs_fs.h");

#define EXCHANGE_RANGE _IOW('X', 129, struct exchange_range)
#define COMMIT_RANGE _IOW('X', 131, struct commit_range)
#define EXCHANGE_TO_END 1u
#define EXCHANGE_DRY_RUN 4u

/* fs/ioctl.c: what fallocate(2) does, as xfs had it before. */
struct reservation {
    int16_t type, whence;
    int64_t start, len;
    int32_t sysid;
    uint32_t pid;
    int32_t pad[4];
};

#define UNRESERVE _IOW('X', 43, struct reservation)
#define UNRESERVE_32 _IOW('X', 41, struct reservation)
#define ZERO_RANGE _IOW('X', 57, struct reservation)

/* A copy of what the argument points to. Of a struct file_dedupe_range, the beginning. */
union wish {
    struct file_clone_range clone;
    struct file_dedupe_range dedupe;
    struct move_extent move;
    struct exchange_range exchange;
    struct reservation reservation;
    struct fsxattr attributes;
    int flags;
};

/* Where it begins; negative when that cannot be said. */
static int64_t start_of(int fd, const struct reservation *wish)
{
    struct stat status;
    switch (wish->whence) {
    case SEEK_SET:
        return wish->start;
    case SEEK_CUR:
        return wish->start + syscall(SYS_lseek, fd, 0, SEEK_CUR);
    case SEEK_END:
        return raw_fstat(fd, &status) == 0 ? wish->start + status.st_size : -1;
    default:
        return -1;
    }
}

static int real(int fd, unsigned long request, void *argument)
{
    return REAL(ioctl)(fd, request, argument);
}

static int one(int fd, unsigned long request, void *argument, struct guard_part part)
{
    struct guard_operation operation;
    int verdict = guard_begin(&operation, part);
    return verdict != GUARD_PROCEED ? guard_answer(verdict) : (int)guard_end(&operation, real(fd, request, argument));
}

static int both(int fd, unsigned long request, void *argument, struct guard_part from, struct guard_part to)
{
    struct guard_operation operations[2];
    int verdict = guard_begin_both(operations, from, to);
    return verdict != GUARD_PROCEED ? guard_answer(verdict) : (int)guard_end_both(operations, real(fd, request, argument));
}

/* ioctl_ficlonerange(2) */

/* No length: to the end of the source. */
static int clone(int fd, unsigned long request, void *argument, const struct file_clone_range *range)
{
    struct stat source;
    uint64_t length = range->src_length;
    if (length == 0) {
        if (raw_fstat((int)range->src_fd, &source) != 0)
            return real(fd, request, argument);
        uint64_t size = (uint64_t)source.st_size;
        length = size > range->src_offset ? size - range->src_offset : 0;
    }
    return both(
        fd, request, argument, (struct guard_part){ (int)range->src_fd, DAXEMU_GUARD_REFLINK_FROM, range->src_offset, length },
        (struct guard_part){ fd, DAXEMU_GUARD_REFLINK_INTO, range->dest_offset, length });
}

/* ioctl_fideduperange(2) */

static struct file_dedupe_range_info *destination(void *argument, unsigned i)
{
    return (void *)((char *)argument + offsetof(struct file_dedupe_range, info) + i * sizeof(struct file_dedupe_range_info));
}

/* Each destination has an answer of its own, and waits by itself: what the daemon allows is kept for a while only. */
static int deduplicate(int fd, void *argument, const struct file_dedupe_range *all)
{
    int result = 0;
    for (unsigned i = 0; i < all->dest_count && result == 0; i++) {
        struct {
            struct file_dedupe_range range;
            struct file_dedupe_range_info info;
        } alone = { .range = *all };
        alone.range.dest_count = 1;
        if (!argument_read(&alone.info, destination(argument, i), sizeof alone.info))
            return guard_answer(EFAULT);
        struct guard_operation operations[2];
        int verdict = guard_begin_both(
            operations, (struct guard_part){ fd, DAXEMU_GUARD_DEDUPE, all->src_offset, all->src_length },
            (struct guard_part){ (int)alone.info.dest_fd, DAXEMU_GUARD_DEDUPE, alone.info.dest_offset, all->src_length });
        if (verdict == GUARD_PROCEED) {
            result = (int)guard_end_both(operations, real(fd, FIDEDUPERANGE, &alone));
        } else {
            alone.info.status = verdict > 0 ? -verdict : FILE_DEDUPE_RANGE_SAME;
            alone.info.bytes_deduped = verdict > 0 ? 0 : all->src_length;
        }
        if (result == 0 && !argument_write(destination(argument, i), &alone.info, sizeof alone.info))
            return guard_answer(EFAULT);
    }
    return result;
}

/* EXT4_IOC_MOVE_EXT, XFS_IOC_EXCHANGE_RANGE */

static int move_extents(int fd, unsigned long request, void *argument, const struct move_extent *move)
{
    struct stat status;
    if (raw_fstat(fd, &status) != 0)
        return real(fd, request, argument);
    uint64_t block = (uint64_t)status.st_blksize;
    return both(
        fd, request, argument, (struct guard_part){ fd, DAXEMU_GUARD_EXCHANGE, move->orig_start * block, move->len * block },
        (struct guard_part){ (int)move->donor_fd, DAXEMU_GUARD_EXCHANGE, move->donor_start * block, move->len * block });
}

static int exchange(int fd, unsigned long request, void *argument, const struct exchange_range *range)
{
    uint64_t length = (range->flags & EXCHANGE_TO_END) != 0 ? TO_THE_END : range->length;
    return both(
        fd, request, argument, (struct guard_part){ range->file1_fd, DAXEMU_GUARD_EXCHANGE, range->file1_offset, length },
        (struct guard_part){ fd, DAXEMU_GUARD_EXCHANGE, range->file2_offset, length });
}

static int unreserve(int fd, unsigned long request, void *argument, const struct reservation *wish)
{
    int64_t start = start_of(fd, wish);
    if (start < 0 || wish->len <= 0)
        return real(fd, request, argument);
    uint32_t kind = request == ZERO_RANGE ? DAXEMU_GUARD_ZERO_RANGE : DAXEMU_GUARD_PUNCH_HOLE;
    return one(fd, request, argument, (struct guard_part){ fd, kind, (uint64_t)start, (uint64_t)wish->len });
}

/* FS_IOC_FSSETXATTR, FS_IOC_SETFLAGS */

static bool changes_dax(int fd, unsigned long request, const union wish *wish)
{
    struct fsxattr has;
    int flags;
    if (request == FS_IOC_FSSETXATTR)
        return syscall(SYS_ioctl, fd, FS_IOC_FSGETXATTR, &has) == 0
            && ((has.fsx_xflags ^ wish->attributes.fsx_xflags) & FS_XFLAG_DAX) != 0;
    return syscall(SYS_ioctl, fd, FS_IOC_GETFLAGS, &flags) == 0 && ((flags ^ wish->flags) & FS_DAX_FL) != 0;
}

/* How much the argument points to; -1 for a request that is none of ours. */
static int length_of(unsigned long request)
{
    switch (request) {
    case FICLONE:
        return 0;
    case FICLONERANGE:
        return sizeof(struct file_clone_range);
    case FIDEDUPERANGE:
        return sizeof(struct file_dedupe_range);
    case EXT4_IOC_MOVE_EXT:
        return sizeof(struct move_extent);
    case EXCHANGE_RANGE:
    case COMMIT_RANGE:
        return sizeof(struct exchange_range);
    case FS_IOC_FSSETXATTR:
        return sizeof(struct fsxattr);
    case FS_IOC_SETFLAGS:
        return sizeof(int);
    case UNRESERVE:
    case UNRESERVE_32:
    case ZERO_RANGE:
        return sizeof(struct reservation);
    default:
        return -1;
    }
}

/* False where the kernel is to refuse. */
static bool copy_wish(unsigned long request, const void *argument, size_t length, union wish *wish)
{
    /* Its argument is the file itself. */
    if (request == FICLONE) {
        wish->clone = (struct file_clone_range){ .src_fd = (intptr_t)argument };
        return true;
    }
    return argument_read(wish, argument, length) && (request != FIDEDUPERANGE || wish->dedupe.dest_count <= MOST_DESTINATIONS);
}

/* The file that is not fd, of those that have two. */
static int other_file(unsigned long request, const union wish *wish)
{
    switch (request) {
    case FICLONE:
    case FICLONERANGE:
        return (int)wish->clone.src_fd;
    case EXT4_IOC_MOVE_EXT:
        return (int)wish->move.donor_fd;
    case EXCHANGE_RANGE:
    case COMMIT_RANGE:
        return wish->exchange.file1_fd;
    default:
        return -1;
    }
}

static bool may_hold_any(int fd, unsigned long request, void *argument, const union wish *wish)
{
    if (guard_may_hold(fd) || guard_may_hold(other_file(request, wish)))
        return true;
    struct file_dedupe_range_info info;
    for (unsigned i = 0; request == FIDEDUPERANGE && i < wish->dedupe.dest_count; i++) {
        if (argument_read(&info, destination(argument, i), sizeof info) && guard_may_hold((int)info.dest_fd))
            return true;
    }
    return false;
}

bool guard_ioctl(int fd, unsigned long request, void *argument, int *result)
{
    union wish wish;
    /* As the kernel, which takes 32 bits. */
    request = (uint32_t)request;
    int length = length_of(request);
    if (length < 0 || !guard_watches() || !copy_wish(request, argument, (size_t)length, &wish) || !may_hold_any(fd, request, argument, &wish))
        return false;

    switch (request) {
    case FICLONE:
    case FICLONERANGE:
        *result = clone(fd, request, argument, &wish.clone);
        return true;
    case FIDEDUPERANGE:
        *result = deduplicate(fd, argument, &wish.dedupe);
        return true;
    case EXT4_IOC_MOVE_EXT:
        *result = move_extents(fd, request, argument, &wish.move);
        return true;
    case EXCHANGE_RANGE:
    case COMMIT_RANGE:
        if ((wish.exchange.flags & EXCHANGE_DRY_RUN) != 0)
            return false;
        *result = exchange(fd, request, argument, &wish.exchange);
        return true;
    case FS_IOC_FSSETXATTR:
    case FS_IOC_SETFLAGS:
        if (!changes_dax(fd, request, &wish))
            return false;
        *result = one(fd, request, argument, (struct guard_part){ .fd = fd, .kind = DAXEMU_GUARD_DAX_FLAG });
        return true;
    default:
        *result = unreserve(fd, request, argument, &wish.reservation);
        return true;
    }
}
