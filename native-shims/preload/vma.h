/* What backs an address of this process: /proc/self/maps, proc_pid_maps(5), by its PROCMAP_QUERY where the kernel has it (Linux 6.11). */
#ifndef DAXEMU_PRELOAD_VMA_H
#define DAXEMU_PRELOAD_VMA_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vma {
    uintptr_t start, end;
    int protection; /* PROT_* */
    bool shared;
    uint64_t offset; /* of start in the file */
    dev_t device;
    ino_t inode; /* 0: no file */
    char name[PATH_MAX];
};

/* The first mapping that ends above the address. Returns 0, ENOENT (there is none), or why it cannot be found out. */
int vma_find(uintptr_t address, struct vma *vma);

/* The same, from the text, as on older kernels. */
int vma_find_in_text(uintptr_t address, struct vma *vma);

/* True when the mapping is MAP_SYNC: "sf" in the VmFlags of /proc/self/smaps. Costs a millisecond: ask only where it can be. */
bool vma_is_sync(const struct vma *vma);

#endif
