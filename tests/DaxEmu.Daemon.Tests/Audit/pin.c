/*
 * pin FILE: takes a long-term pin of the first page through io_uring and prints the errno, or 0: what daxemu audit says, asked independently.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct io_uring_params parameters = {0};
    struct iovec page = {.iov_len = 4096};
    int file, ring;

    if (argc != 2)
        return 2;
    file = open(argv[1], O_RDWR);
    page.iov_base = mmap(NULL, page.iov_len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ring = (int)syscall(__NR_io_uring_setup, 1, &parameters);
    if (file < 0 || page.iov_base == MAP_FAILED || ring < 0) {
        perror(argv[1]);
        return 1;
    }

    errno = 0;
    syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS, &page, 1);
    printf("%d\n", errno);
    return 0;
}
