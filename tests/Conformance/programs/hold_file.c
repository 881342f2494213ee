/* hold_file FILE: maps the file and registers it, says "held", and holds it until its input ends, or until it is told to let go: "released". */
#include "loopback.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    int fd = open(argv[1], O_RDWR);
    struct stat status;
    CHECK(fd >= 0 && fstat(fd, &status) == 0);
    size_t length = (size_t)status.st_size;
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(memory != MAP_FAILED);
    struct loopback l = open_loopback();
    struct ibv_mr *region = ibv_reg_mr(l.pd, memory, length, EVERYTHING);
    CHECK(region != NULL);
    printf("held\n");
    fflush(stdout);
    char bytes[64];
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
    CHECK(ibv_dereg_mr(region) == 0);
    printf("released\n");
    return 0;
}
