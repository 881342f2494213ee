/*
 * changed_memory CASE: what becomes of registered memory when the program changes its mappings. Its pages count as pinned: the device keeps
 * those that it had, and the program gets others, or takes them along.
 */
#include "loopback.h"

#include <malloc.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define SMALL (4 * PAGE)
#define LARGE (4 << 20)

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static struct loopback l;
static unsigned char *seen, *sent;
static struct ibv_mr *seen_mr, *sent_mr;

static unsigned char *anonymous(size_t length)
{
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

static struct ibv_mr *registered(void *memory, size_t length)
{
    struct ibv_mr *mr = ibv_reg_mr(l.pd, memory, length, EVERYTHING);
    CHECK(mr != NULL);
    return mr;
}

static bool holds(const unsigned char *memory, size_t length, unsigned char byte)
{
    return memory[0] == byte && memcmp(memory, memory + 1, length - 1) == 0;
}

/* What the device reads there; memory need not be mapped any more. */
static bool device_sees(struct ibv_mr *mr, void *memory, size_t length, unsigned char byte)
{
    memset(seen, ~byte, length);
    transfer(&l, IBV_WR_RDMA_READ, seen_mr, seen, length, mr, memory);
    return holds(seen, length, byte);
}

static void device_writes(struct ibv_mr *mr, void *memory, size_t length, unsigned char byte)
{
    memset(sent, byte, length);
    transfer(&l, IBV_WR_RDMA_WRITE, sent_mr, sent, length, mr, memory);
}

/* The middle two of four pages are given back. */
static void given_back(int advice)
{
    unsigned char *memory = anonymous(SMALL);
    memset(memory, 'o', SMALL);
    struct ibv_mr *mr = registered(memory, SMALL);
    CHECK(madvise(memory + PAGE, 2 * PAGE, advice) == 0);
    CHECK(holds(memory, PAGE, 'o') && holds(memory + PAGE, 2 * PAGE, 0) && holds(memory + 3 * PAGE, PAGE, 'o'));
    CHECK(device_sees(mr, memory, SMALL, 'o'));

    /* Two memories now, and around them still one. */
    device_writes(mr, memory, SMALL, 'd');
    CHECK(holds(memory, PAGE, 'd') && holds(memory + PAGE, 2 * PAGE, 0) && holds(memory + 3 * PAGE, PAGE, 'd'));
    memset(memory, 'p', SMALL);
    CHECK(device_sees(mr, memory, PAGE, 'p') && device_sees(mr, memory + PAGE, 2 * PAGE, 'd'));

    /* A region that is made now is of the new pages; the old one is what it was. */
    struct ibv_mr *again = registered(memory, SMALL);
    CHECK(device_sees(again, memory, SMALL, 'p') && device_sees(mr, memory + PAGE, 2 * PAGE, 'd'));
    device_writes(again, memory, SMALL, 'n');
    CHECK(holds(memory, SMALL, 'n') && device_sees(mr, memory + PAGE, 2 * PAGE, 'd'));
    CHECK(ibv_dereg_mr(mr) == 0 && device_sees(again, memory, SMALL, 'n'));

    /* They are the program's own, as before: a child's too. */
    CHECK(madvise(memory, SMALL, advice) == 0);
    memset(memory, 'f', SMALL);
    pid_t child = fork();
    if (child == 0) {
        CHECK(holds(memory, SMALL, 'f'));
        memset(memory, 'c', SMALL);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0 && holds(memory, SMALL, 'f'));
    CHECK(ibv_dereg_mr(again) == 0);
}

static void dont_need(void)
{
    given_back(MADV_DONTNEED);
}

static void dont_need_locked(void)
{
    given_back(MADV_DONTNEED_LOCKED);
}

/* Advice that changes nothing, or that private memory cannot take. */
static void other_advice(void)
{
    unsigned char *memory = anonymous(SMALL);
    memset(memory, 'o', SMALL);
    struct ibv_mr *mr = registered(memory + PAGE, 2 * PAGE);
    CHECK(madvise(memory + PAGE, 2 * PAGE, MADV_FREE) == 0);
    CHECK(holds(memory + PAGE, 2 * PAGE, 'o') && device_sees(mr, memory + PAGE, 2 * PAGE, 'o'));
    CHECK(madvise(memory, SMALL, MADV_REMOVE) == -1 && errno == EINVAL);
    CHECK(holds(memory, SMALL, 'o') && device_sees(mr, memory + PAGE, 2 * PAGE, 'o'));
    CHECK(madvise(memory + 1, SMALL, MADV_DONTNEED) == -1 && errno == EINVAL && holds(memory, SMALL, 'o'));
    CHECK(munmap(memory + 2 * PAGE, PAGE) == 0);
    CHECK(madvise(memory, SMALL, MADV_DONTNEED) == -1 && errno == ENOMEM);
    CHECK(holds(memory, 2 * PAGE, 0) && device_sees(mr, memory + PAGE, 2 * PAGE, 'o'));
}

static void unmapped(void)
{
    unsigned char *memory = anonymous(SMALL);
    memset(memory, 'o', SMALL);
    struct ibv_mr *mr = registered(memory, SMALL);
    CHECK(munmap(memory, SMALL) == 0);
    CHECK(device_sees(mr, memory, SMALL, 'o'));
    device_writes(mr, memory, SMALL, 'd');
    CHECK(device_sees(mr, memory, SMALL, 'd'));
}

/* Neighbours, both moved: what is below grows, and must not grow into the other's pages. */
static void grown(bool stays_registered)
{
    unsigned char *block[8];
    struct ibv_mr *mr[8];
    for (int i = 0; i < 8; i++) {
        block[i] = malloc(LARGE);
        memset(block[i], 'a' + i, LARGE);
        mr[i] = registered(block[i], LARGE);
        if (!stays_registered)
            CHECK(ibv_dereg_mr(mr[i]) == 0);
    }
    for (int i = 0; i < 8; i++) {
        unsigned char *before = block[i];
        for (size_t length = LARGE; length < 8 * LARGE; length += length / 2) {
            block[i] = realloc(block[i], length + length / 2);
            CHECK(block[i] != NULL && holds(block[i], length, 'a' + i));
            memset(block[i] + length, 'a' + i, length / 2);
        }
        CHECK(!stays_registered || device_sees(mr[i], before, LARGE, 'a' + i));
        struct ibv_mr *all = registered(block[i], 8 * LARGE);
        CHECK(device_sees(all, block[i] + 7 * LARGE, LARGE, 'a' + i) && ibv_dereg_mr(all) == 0);
    }
    for (int i = 0; i < 8; i++) {
        CHECK(holds(block[i], 8 * LARGE, 'a' + i));
        block[i] = realloc(block[i], LARGE / 2);
        CHECK(block[i] != NULL && holds(block[i], LARGE / 2, 'a' + i));
    }
}

static void grown_while_registered(void)
{
    grown(true);
}

static void grown_afterwards(void)
{
    grown(false);
}

/* The pages go along: region and program see the same bytes still. */
static void remapped(void)
{
    unsigned char *both = anonymous(2 * LARGE), *memory = both, *neighbour = both + LARGE;
    memset(memory, 'm', LARGE);
    memset(neighbour, 'n', LARGE);
    struct ibv_mr *mr = registered(memory, LARGE), *other = registered(neighbour, LARGE);
    CHECK(mremap(memory, LARGE, 2 * LARGE, 0) == MAP_FAILED && errno == ENOMEM);
    unsigned char *now = mremap(memory, LARGE, 3 * LARGE, MREMAP_MAYMOVE);
    CHECK(now != MAP_FAILED && now != memory);
    CHECK(holds(now, LARGE, 'm') && holds(now + LARGE, 2 * LARGE, 0));
    memset(now + LARGE, 'x', 2 * LARGE);
    CHECK(holds(neighbour, LARGE, 'n') && device_sees(other, neighbour, LARGE, 'n'));
    device_writes(mr, memory, LARGE, 'd');
    CHECK(holds(now, LARGE, 'd') && holds(now + LARGE, 2 * LARGE, 'x'));

    /* What is mapped at the old address, and registered, is other memory; also when the old region has gone. */
    for (int i = 0; i < 2; i++) {
        CHECK(mmap(memory, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == memory);
        struct ibv_mr *new = registered(memory, LARGE);
        device_writes(new, memory, LARGE, 'e');
        CHECK(holds(memory, LARGE, 'e') && holds(now, LARGE, 'd'));
        CHECK(ibv_dereg_mr(new) == 0 && munmap(memory, LARGE) == 0);
        CHECK(i != 0 || ibv_dereg_mr(mr) == 0);
    }
    struct ibv_mr *all = registered(now, 3 * LARGE);
    CHECK(device_sees(all, now, LARGE, 'd') && device_sees(all, now + LARGE, 2 * LARGE, 'x'));
}

/* As realloc(3) of another allocator than glibc's: part of the mapping has moved, part has not. */
static void remapped_in_part(void)
{
    unsigned char *memory = anonymous(3 * SMALL);
    memset(memory, 'm', 3 * SMALL);
    struct ibv_mr *mr = registered(memory + SMALL, SMALL);
    unsigned char *now = mremap(memory, 3 * SMALL, LARGE, MREMAP_MAYMOVE);
    CHECK(now != MAP_FAILED && holds(now, 3 * SMALL, 'm') && holds(now + 3 * SMALL, LARGE - 3 * SMALL, 0));
    device_writes(mr, memory + SMALL, SMALL, 'd');
    CHECK(holds(now + SMALL, SMALL, 'd') && holds(now, SMALL, 'm') && holds(now + 2 * SMALL, SMALL, 'm'));
    CHECK(mremap(now, LARGE, SMALL, 0) == now && holds(now, SMALL, 'm'));
}

static void remapped_to(void)
{
    unsigned char *memory = anonymous(SMALL), *place = anonymous(4 * SMALL);
    memset(memory, 'm', SMALL);
    memset(place, 'p', 4 * SMALL);
    struct ibv_mr *mr = registered(memory, SMALL);
    CHECK(mremap(memory, SMALL, 2 * SMALL, MREMAP_FIXED, place) == MAP_FAILED && errno == EINVAL);
    CHECK(mremap(memory, 0, SMALL, MREMAP_MAYMOVE) == MAP_FAILED && errno == EINVAL);
    CHECK(mremap(memory, SMALL, 2 * SMALL, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
    CHECK(holds(place, SMALL, 'm') && holds(place + SMALL, SMALL, 0) && holds(place + 2 * SMALL, 2 * SMALL, 'p'));
    device_writes(mr, memory, SMALL, 'd');
    CHECK(holds(place, SMALL, 'd'));
    unsigned char *now = mremap(place, SMALL, SMALL, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    CHECK(now != MAP_FAILED && holds(now, SMALL, 'd') && holds(place, 2 * SMALL, 0));
    memset(place, 'z', SMALL);
    CHECK(holds(now, SMALL, 'd') && device_sees(mr, memory, SMALL, 'd'));
}

/* So much is registered that memory is given back meanwhile: not what has gone elsewhere. */
static void remapped_and_swept(void)
{
    enum { BLOCKS = 40 };
    unsigned char *block[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        unsigned char *memory = anonymous(LARGE);
        memset(memory, i, LARGE);
        struct ibv_mr *mr = registered(memory, LARGE);
        CHECK(ibv_dereg_mr(mr) == 0);
        block[i] = mremap(memory, LARGE, 2 * LARGE, MREMAP_MAYMOVE);
        CHECK(block[i] != MAP_FAILED);
        if (i % 2 != 0)
            CHECK(munmap(block[i], LARGE) == 0);
    }
    for (int i = 0; i < BLOCKS; i++)
        CHECK(i % 2 != 0 || holds(block[i], LARGE, (unsigned char)i));
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < BLOCKS; i += 2)
            CHECK(holds(block[i], LARGE, (unsigned char)i));
        memset(block[0], 0xff, LARGE);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0 && holds(block[0], LARGE, 0));
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    { "dont-need", dont_need }, { "dont-need-locked", dont_need_locked }, { "other-advice", other_advice }, { "unmapped", unmapped },
    { "grown-while-registered", grown_while_registered }, { "grown-afterwards", grown_afterwards }, { "remapped", remapped },
    { "remapped-in-part", remapped_in_part }, { "remapped-to", remapped_to }, { "remapped-and-swept", remapped_and_swept },
};

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    l = open_loopback();
    seen = anonymous(2 * LARGE);
    sent = anonymous(2 * LARGE);
    seen_mr = registered(seen, 2 * LARGE);
    sent_mr = registered(sent, 2 * LARGE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(stderr, "there is no case %s\n", argv[1]);
    return 2;
}
