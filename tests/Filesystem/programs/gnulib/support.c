/* The functions of gnulib itself that its tests call, as they are on Linux. */
#include <sys/stat.h>
#include <time.h>

bool cannot_unlink_dir(void)
{
    return true;
}

int dup_cloexec(int descriptor)
{
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

void gettime(struct timespec *now)
{
    clock_gettime(CLOCK_REALTIME, now);
}

int utimecmp(const char *name, const struct stat *one, const struct stat *other, int options)
{
    (void)name;
    (void)options;
    const struct timespec *a = &one->st_mtim, *b = &other->st_mtim;
    return a->tv_sec != b->tv_sec ? (a->tv_sec < b->tv_sec ? -1 : 1) : (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}
