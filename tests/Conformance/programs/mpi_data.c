/*
 * Moves data between all ranks by MPI and checks every byte: allreduce, messages around a ring (small ones, and large ones that need a
 * rendezvous), put and get on a window, fetch-and-add. Prints "rank R of N checked" and returns 0 only if all was right.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST = 1 << 20, WORDS = LARGEST / (int)sizeof(uint64_t), ROUNDS = 3 };

static int rank, ranks;

static void expect(int right, const char *what, long where)
{
    if (!right) {
        fprintf(stderr, "rank %d: %s is wrong at %ld\n", rank, what, where);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
}

/* What a rank sends in a round, differing in each word. */
static uint64_t word(int from, int round, int i)
{
    return ((uint64_t)from << 48) ^ ((uint64_t)round << 40) ^ ((uint64_t)i * 0x9e3779b97f4a7c15);
}

static void reduce(void)
{
    static int64_t mine[WORDS], sum[WORDS];
    for (int i = 0; i < WORDS; i++)
        mine[i] = (int64_t)(rank + 1) * i;
    MPI_Allreduce(mine, sum, WORDS, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    for (int i = 0; i < WORDS; i++)
        expect(sum[i] == (int64_t)ranks * (ranks + 1) / 2 * i, "a sum", i);
}

static void pass_around(uint64_t *out, uint64_t *in, int count)
{
    int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < count; i++) {
            out[i] = word(rank, round, i);
            in[i] = 0;
        }
        MPI_Sendrecv(out, count, MPI_UINT64_T, next, round, in, count, MPI_UINT64_T, previous, round, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (int i = 0; i < count; i++)
            expect(in[i] == word(previous, round, i), "a received word", i);
    }
}

static void put_and_get(void)
{
    uint64_t *window_memory, *mine = malloc(LARGEST), *back = malloc(LARGEST);
    MPI_Win window;
    MPI_Win_allocate(LARGEST + sizeof(uint64_t), sizeof(uint64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &window_memory, &window);
    int next = (rank + 1) % ranks, previous = (rank + ranks - 1) % ranks;
    for (int i = 0; i < WORDS; i++)
        mine[i] = word(rank, ROUNDS, i);
    window_memory[WORDS] = 0;

    MPI_Win_fence(0, window);
    MPI_Put(mine, WORDS, MPI_UINT64_T, next, 0, WORDS, MPI_UINT64_T, window);
    MPI_Win_fence(0, window);
    for (int i = 0; i < WORDS; i++)
        expect(window_memory[i] == word(previous, ROUNDS, i), "a word that was put", i);
    MPI_Get(back, WORDS, MPI_UINT64_T, next, 0, WORDS, MPI_UINT64_T, window);
    MPI_Win_fence(0, window);
    for (int i = 0; i < WORDS; i++)
        expect(back[i] == mine[i], "a word that was got", i);

    const int additions = 100;
    for (int i = 0; i < additions; i++) {
        uint64_t one = 1, before;
        MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window);
        MPI_Fetch_and_op(&one, &before, MPI_UINT64_T, 0, WORDS, MPI_SUM, window);
        MPI_Win_unlock(0, window);
        expect(before < (uint64_t)additions * (uint64_t)ranks, "a counter", i);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window);
    MPI_Get(back, 1, MPI_UINT64_T, 0, WORDS, 1, MPI_UINT64_T, window);
    MPI_Win_unlock(0, window);
    expect(back[0] == (uint64_t)additions * (uint64_t)ranks, "the counter's end", (long)back[0]);
    MPI_Win_free(&window);
    free(mine);
    free(back);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);

    uint64_t *out = malloc(LARGEST), *in = malloc(LARGEST);
    reduce();
    for (int count = 1; count <= WORDS; count *= 8)
        pass_around(out, in, count);
    put_and_get();
    free(out);
    free(in);

    printf("rank %d of %d checked\n", rank, ranks);
    MPI_Finalize();
    return 0;
}
