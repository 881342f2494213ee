#include "guard_ioctls.h"
#include "guard.h"
#include "libc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define TO_THE_END (UINT64_MAX)

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

/* ioctl_fideduperange(2). Each destination has an answer of its own. */
static int deduplicate(int fd, struct file_dedupe_range *all)
{
    struct guard_operation source;
    int verdict = guard_begin(&source, (struct guard_part){ fd, DAXEMU_GUARD_DEDUPE, all->src_offset, all->src_length });
    if (verdict > 0)
        return guard_answer(verdict);

    int result = 0;
    for (unsigned i = 0; i < all->dest_count && result == 0; i++) {
        struct {
            struct file_dedupe_range range;
            struct file_dedupe_range_info info;
        } alone = { .range = *all, .info = all->info[i] };
        alone.range.dest_count = 1;
        struct guard_operation target = { .socket = -1 };
        struct guard_part part = { (int)alone.info.dest_fd, DAXEMU_GUARD_DEDUPE, alone.info.dest_offset, all->src_length };
        int answer = verdict == GUARD_PROCEED ? guard_begin(&target, part) : verdict;
        if (answer == GUARD_PROCEED) {
            result = (int)guard_end(&target, real(fd, FIDEDUPERANGE, &alone));
        } else {
            alone.info.status = answer > 0 ? -answer : FILE_DEDUPE_RANGE_SAME;
            alone.info.bytes_deduped = answer > 0 ? 0 : all->src_length;
        }
        if (result == 0) {
            all->info[i].status = alone.info.status;
            all->info[i].bytes_deduped = alone.info.bytes_deduped;
        }
    }
    return (int)guard_end(&source, result);
}

/* EXT4_IOC_MOVE_EXT, XFS_IOC_EXCHANGE_RANGE */

static int move_extents(int fd, unsigned long request, struct move_extent *move)
{
    struct stat status;
    if (raw_fstat(fd, &status) != 0)
        return real(fd, request, move);
    uint64_t block = (uint64_t)status.st_blksize;
    return both(
        fd, request, move, (struct guard_part){ fd, DAXEMU_GUARD_EXCHANGE, move->orig_start * block, move->len * block },
        (struct guard_part){ (int)move->donor_fd, DAXEMU_GUARD_EXCHANGE, move->donor_start * block, move->len * block });
}

static int exchange(int fd, unsigned long request, struct exchange_range *range)
{
    uint64_t length = (range->flags & EXCHANGE_TO_END) != 0 ? TO_THE_END : range->length;
    return both(
        fd, request, range, (struct guard_part){ range->file1_fd, DAXEMU_GUARD_EXCHANGE, range->file1_offset, length },
        (struct guard_part){ fd, DAXEMU_GUARD_EXCHANGE, range->file2_offset, length });
}

static int unreserve(int fd, unsigned long request, struct reservation *wish)
{
    int64_t start = start_of(fd, wish);
    if (start < 0 || wish->len <= 0)
        return real(fd, request, wish);
    uint32_t kind = request == ZERO_RANGE ? DAXEMU_GUARD_ZERO_RANGE : DAXEMU_GUARD_PUNCH_HOLE;
    return one(fd, request, wish, (struct guard_part){ fd, kind, (uint64_t)start, (uint64_t)wish->len });
}

/* FS_IOC_FSSETXATTR, FS_IOC_SETFLAGS */

static bool changes_dax(int fd, unsigned long request, const void *argument)
{
    struct fsxattr has;
    int flags;
    if (request == FS_IOC_FSSETXATTR)
        return syscall(SYS_ioctl, fd, FS_IOC_FSGETXATTR, &has) == 0
            && ((has.fsx_xflags ^ ((const struct fsxattr *)argument)->fsx_xflags) & FS_XFLAG_DAX) != 0;
    return syscall(SYS_ioctl, fd, FS_IOC_GETFLAGS, &flags) == 0 && ((flags ^ *(const int *)argument) & FS_DAX_FL) != 0;
}

static bool is_known(unsigned long request)
{
    static const unsigned long all[] = {
        FICLONE, FICLONERANGE, FIDEDUPERANGE, EXT4_IOC_MOVE_EXT, EXCHANGE_RANGE, COMMIT_RANGE,
        FS_IOC_FSSETXATTR, FS_IOC_SETFLAGS, UNRESERVE, UNRESERVE_32, ZERO_RANGE,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (request == all[i])
            return true;
    }
    return false;
}

/* The file that is not fd, of those that have two. */
static int other_file(unsigned long request, const void *argument)
{
    switch (request) {
    case FICLONE:
        return (int)(intptr_t)argument;
    case FICLONERANGE:
        return (int)((const struct file_clone_range *)argument)->src_fd;
    case EXT4_IOC_MOVE_EXT:
        return (int)((const struct move_extent *)argument)->donor_fd;
    case EXCHANGE_RANGE:
    case COMMIT_RANGE:
        return ((const struct exchange_range *)argument)->file1_fd;
    default:
        return -1;
    }
}

static bool may_hold_any(int fd, unsigned long request, const void *argument)
{
    if (guard_may_hold(fd) || guard_may_hold(other_file(request, argument)))
        return true;
    const struct file_dedupe_range *all = argument;
    for (unsigned i = 0; request == FIDEDUPERANGE && i < all->dest_count; i++) {
        if (guard_may_hold((int)all->info[i].dest_fd))
            return true;
    }
    return false;
}

bool guard_ioctl(int fd, unsigned long request, void *argument, int *result)
{
    /* As the kernel, which takes 32 bits. */
    request = (uint32_t)request;
    if (!is_known(request) || (argument == NULL && request != FICLONE) || !guard_watches() || !may_hold_any(fd, request, argument))
        return false;

    const struct guard_part whole = { .fd = fd, .kind = DAXEMU_GUARD_DAX_FLAG };
    struct file_clone_range all;
    switch (request) {
    case FICLONE:
        all = (struct file_clone_range){ .src_fd = (intptr_t)argument };
        *result = clone(fd, request, argument, &all);
        return true;
    case FICLONERANGE:
        *result = clone(fd, request, argument, argument);
        return true;
    case FIDEDUPERANGE:
        *result = deduplicate(fd, argument);
        return true;
    case EXT4_IOC_MOVE_EXT:
        *result = move_extents(fd, request, argument);
        return true;
    case EXCHANGE_RANGE:
    case COMMIT_RANGE:
        if ((((struct exchange_range *)argument)->flags & EXCHANGE_DRY_RUN) != 0)
            return false;
        *result = exchange(fd, request, argument);
        return true;
    case FS_IOC_FSSETXATTR:
    case FS_IOC_SETFLAGS:
        if (!changes_dax(fd, request, argument))
            return false;
        *result = one(fd, request, argument, whole);
        return true;
    default:
        *result = unreserve(fd, request, argument);
        return true;
    }
}
