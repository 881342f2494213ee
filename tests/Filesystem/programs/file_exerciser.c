/*
 * Exercises one file with random operations against a model in memory: reads, writes, loads and stores through mappings, truncates, punched
 * and zeroed ranges, preallocation, copies within the file, fsync, msync, and closing and opening again. After each operation that reads,
 * and at the end, the file must hold what the model holds.
 *
 *   file_exerciser FILE OPERATIONS SEED [LENGTH] [lose]
 *
 * Where the file system lacks an operation (EOPNOTSUPP) the rest goes on without it, and that is printed. With `lose` the writes of the
 * second half are made in the model only: the run must fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, LONGEST = 8192, KEPT = 24 };

enum operation {
    READ, WRITE, MAP_READ, MAP_WRITE, TRUNCATE, PUNCH, ZERO, ZERO_KEEP, ALLOCATE, ALLOCATE_KEEP, COPY, SYNC, REOPEN, OPERATIONS
};

static const char *const names[OPERATIONS] = {
    "read", "write", "map-read", "map-write", "truncate", "punch-hole", "zero-range", "zero-range-keep-size",
    "allocate", "allocate-keep-size", "copy-file-range", "sync", "reopen",
};

/* Out of a thousand; the order is that of enum operation. */
static const unsigned weights[OPERATIONS] = { 208, 210, 150, 150, 70, 60, 40, 20, 20, 20, 40, 2, 10 };

struct step {
    enum operation operation;
    uint64_t number, offset, length, other;
};

static const char *path;
static int fd = -1;
static uint64_t random_state;
static uint64_t limit = 256 * 1024;
static uint64_t size;
static uint8_t *model, *scratch;
static uint64_t counts[OPERATIONS];
static bool missing[OPERATIONS];
static struct step kept[KEPT];
static uint64_t steps;

/* splitmix64: the same sequence for the same seed wherever it runs. */
static uint64_t next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("FAILED at operation %" PRIu64 ": ", steps);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\nthe last operations:\n");
    for (uint64_t i = steps > KEPT ? steps - KEPT + 1 : 1; i <= steps; i++) {
        const struct step *step = &kept[i % KEPT];
        printf("  %8" PRIu64 " %-20s offset %#" PRIx64 " length %#" PRIx64 " other %#" PRIx64 "\n", step->number, names[step->operation],
               step->offset, step->length, step->other);
    }
    exit(1);
}

static void must(bool is_done, const char *what)
{
    if (!is_done)
        fail("%s: %s", what, strerror(errno));
}

static void compare(const uint8_t *seen, uint64_t offset, uint64_t length, const char *how)
{
    if (memcmp(seen, model + offset, length) == 0)
        return;
    uint64_t at = 0;
    while (seen[at] == model[offset + at])
        at++;
    fail("%s at %#" PRIx64 " gives 0x%02x where 0x%02x was written (size %#" PRIx64 ")", how, offset + at, seen[at], model[offset + at], size);
}

static void check_size(void)
{
    struct stat status;
    must(fstat(fd, &status) == 0, "fstat");
    if ((uint64_t)status.st_size != size)
        fail("the size is %#" PRIx64 " where it was set to %#" PRIx64, (uint64_t)status.st_size, size);
}

static void grow(uint64_t end)
{
    if (end > size)
        size = end;
}

static void open_file(int flags)
{
    fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    must(fd >= 0, "open");
}

static void read_back(uint64_t offset, uint64_t length)
{
    ssize_t got = pread(fd, scratch, length, (off_t)offset);
    must(got >= 0, "pread");
    if ((uint64_t)got != length)
        fail("pread of %#" PRIx64 " bytes at %#" PRIx64 " gave %zd", length, offset, got);
    compare(scratch, offset, length, "pread");
}

static void fill(uint8_t *to, uint64_t length)
{
    uint64_t word = next();
    for (uint64_t i = 0; i < length; i++) {
        if (i % 8 == 0)
            word = word * 6364136223846793005u + steps;
        to[i] = (uint8_t)(word >> (8 * (i % 8)));
    }
}

/* A mapping of the pages that hold a range; gives the range's first byte. */
static uint8_t *map(uint64_t offset, uint64_t length, int protection, void **base, size_t *mapped)
{
    uint64_t start = offset & ~(uint64_t)(PAGE - 1);
    *mapped = offset - start + length;
    *base = mmap(NULL, *mapped, protection, MAP_SHARED, fd, (off_t)start);
    must(*base != MAP_FAILED, "mmap");
    return (uint8_t *)*base + (offset - start);
}

/* Bytes of the last page past the end of the file are zero in a new mapping. */
static void check_tail(const uint8_t *base, size_t mapped, uint64_t end)
{
    if (end != size)
        return;
    for (size_t i = mapped; i % PAGE != 0; i++)
        if (base[i] != 0)
            fail("a mapping shows 0x%02x past the end of the file (size %#" PRIx64 ")", base[i], size);
}

static void map_read(uint64_t offset, uint64_t length)
{
    void *base;
    size_t mapped;
    const uint8_t *bytes = map(offset, length, PROT_READ, &base, &mapped);
    memcpy(scratch, bytes, length);
    compare(scratch, offset, length, "a load from a mapping");
    check_tail(base, mapped, offset + length);
    munmap(base, mapped);
}

static void map_write(uint64_t offset, uint64_t length)
{
    if (offset + length > size) {
        must(ftruncate(fd, (off_t)(offset + length)) == 0, "ftruncate before a store");
        grow(offset + length);
    }
    void *base;
    size_t mapped;
    uint8_t *bytes = map(offset, length, PROT_READ | PROT_WRITE, &base, &mapped);
    fill(model + offset, length);
    memcpy(bytes, model + offset, length);
    if (below(64) == 0)
        must(msync(base, mapped, MS_SYNC) == 0, "msync");
    munmap(base, mapped);
}

static void write_at(uint64_t offset, uint64_t length, bool is_lost)
{
    fill(model + offset, length);
    if (!is_lost) {
        ssize_t put = pwrite(fd, model + offset, length, (off_t)offset);
        must(put >= 0, "pwrite");
        if ((uint64_t)put != length)
            fail("pwrite of %#" PRIx64 " bytes wrote %zd", length, put);
    }
    grow(offset + length);
}

static void truncate_to(uint64_t length)
{
    must((below(2) == 0 ? ftruncate(fd, (off_t)length) : truncate(path, (off_t)length)) == 0, "truncate");
    if (length < size)
        memset(model + length, 0, size - length);
    size = length;
}

/* True when the file system has that operation. */
static bool allocate(enum operation operation, int mode, uint64_t offset, uint64_t length)
{
    if (fallocate(fd, mode, (off_t)offset, (off_t)length) == 0)
        return true;
    if (errno != EOPNOTSUPP)
        fail("fallocate(%s): %s", names[operation], strerror(errno));
    missing[operation] = true;
    return false;
}

static void clear(uint64_t offset, uint64_t end)
{
    if (end > offset)
        memset(model + offset, 0, end - offset);
}

static uint64_t least(uint64_t one, uint64_t other) { return one < other ? one : other; }

static void copy(uint64_t from, uint64_t to, uint64_t length)
{
    loff_t source = (loff_t)from, target = (loff_t)to;
    while (length > 0) {
        ssize_t copied = copy_file_range(fd, &source, fd, &target, length, 0);
        if (copied < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
            missing[COPY] = true;
            return;
        }
        must(copied > 0, "copy_file_range");
        memcpy(model + to, model + from, (size_t)copied);
        from += (uint64_t)copied;
        to += (uint64_t)copied;
        length -= (uint64_t)copied;
        grow(to);
    }
}

static void carry_out(const struct step *step, bool is_lost)
{
    uint64_t offset = step->offset, length = step->length, end = offset + length;
    switch (step->operation) {
    case READ:
        read_back(offset, length);
        break;
    case WRITE:
        write_at(offset, length, is_lost);
        break;
    case MAP_READ:
        map_read(offset, length);
        break;
    case MAP_WRITE:
        map_write(offset, length);
        break;
    case TRUNCATE:
        truncate_to(step->other);
        break;
    case PUNCH:
        if (allocate(PUNCH, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length))
            clear(offset, least(end, size));
        break;
    case ZERO:
        if (allocate(ZERO, FALLOC_FL_ZERO_RANGE, offset, length)) {
            clear(offset, end);
            grow(end);
        }
        break;
    case ZERO_KEEP:
        if (allocate(ZERO_KEEP, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length))
            clear(offset, least(end, size));
        break;
    case ALLOCATE:
        if (allocate(ALLOCATE, 0, offset, length))
            grow(end);
        break;
    case ALLOCATE_KEEP:
        allocate(ALLOCATE_KEEP, FALLOC_FL_KEEP_SIZE, offset, length);
        break;
    case COPY:
        copy(offset, step->other, length);
        break;
    case SYNC:
        must((below(2) == 0 ? fsync(fd) : fdatasync(fd)) == 0, "fsync");
        break;
    default:
        must(close(fd) == 0, "close");
        open_file(0);
        break;
    }
}

/* What must read bytes that are there is kept within the file, what may grow it within the limit. */
static struct step choose(void)
{
    struct step step = { .number = steps };
    uint64_t dice = below(1000);
    while (dice >= weights[step.operation])
        dice -= weights[step.operation++];
    if (missing[step.operation])
        step.operation = WRITE;
    bool is_within = step.operation == READ || step.operation == MAP_READ || step.operation == COPY;
    if (is_within && size == 0)
        step.operation = WRITE, is_within = false;
    uint64_t bound = is_within ? size : limit;
    step.offset = below(bound);
    step.length = 1 + below(least(LONGEST, bound - step.offset));
    if (step.operation == TRUNCATE) {
        step.other = below(limit + 1);
    } else if (step.operation == COPY) {
        /* The two ranges may not overlap (copy_file_range(2)). */
        step.other = below(limit);
        step.length = least(step.length, limit - step.other);
        uint64_t distance = step.other > step.offset ? step.other - step.offset : step.offset - step.other;
        if (distance == 0)
            step.operation = READ;
        else
            step.length = least(step.length, distance);
    }
    return step;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s FILE OPERATIONS SEED [LENGTH] [lose]\n", argv[0]);
        return 2;
    }
    path = argv[1];
    uint64_t wanted = strtoull(argv[2], NULL, 0);
    uint64_t seed = random_state = strtoull(argv[3], NULL, 0);
    if (argc > 4)
        limit = strtoull(argv[4], NULL, 0);
    bool is_broken = argc > 5 && strcmp(argv[5], "lose") == 0;
    if (wanted == 0 || limit < PAGE) {
        fprintf(stderr, "%s: at least one operation on at least %d bytes\n", argv[0], PAGE);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%s: %" PRIu64 " operations within %" PRIu64 " bytes, seed %" PRIu64 "\n", path, wanted, limit, seed);
    model = calloc(1, limit);
    scratch = malloc(limit);
    if (model == NULL || scratch == NULL)
        return 2;
    open_file(O_CREAT | O_TRUNC);
    for (steps = 1; steps <= wanted; steps++) {
        struct step step = choose();
        kept[steps % KEPT] = step;
        counts[step.operation]++;
        carry_out(&step, is_broken && step.operation == WRITE && steps > wanted / 2);
        if (steps % 16 == 0)
            check_size();
    }
    steps = wanted;
    check_size();
    if (size > 0) {
        read_back(0, size);
        map_read(0, size);
        must(close(fd) == 0, "close");
        open_file(0);
        read_back(0, size);
    }
    for (int i = 0; i < OPERATIONS; i++)
        printf("  %-20s %" PRIu64 "%s\n", names[i], counts[i], missing[i] ? " (the file system has it not)" : "");
    printf("%" PRIu64 " operations agreed with the model\n", wanted);
    return 0;
}
