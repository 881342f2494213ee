/*
 * The device boundary: what travels over the SEQPACKET socket that stands for one open device file.
 *
 * One message is one request or one reply; replies come in the order of the requests. Descriptors travel as SCM_RIGHTS
 * with the message that names them. All integers are in host order: both ends run on one machine.
 */
#ifndef DAXEMU_DEVICE_H
#define DAXEMU_DEVICE_H

#include <linux/types.h>

#define DAXEMU_PROTOCOL_VERSION 1

/* Longest message either way, header included: below the default socket buffer of 212992 bytes. */
#define DAXEMU_MAX_MESSAGE 65536
/* Most descriptors in one message: below the kernel's SCM_MAX_FD. */
#define DAXEMU_MAX_FDS 64

enum daxemu_request_type {
    DAXEMU_REQ_HELLO = 1, /* open(2): struct daxemu_hello */
    DAXEMU_REQ_WRITE = 2, /* write(2): struct daxemu_write, segments, command bytes */
    DAXEMU_REQ_MMAP = 3,  /* mmap(2): struct daxemu_mmap; the reply carries the memfd to map at offset 0 */
    /*
     * Reads one file below /sys: the path, UTF-8, without the leading "/sys/". With a '/' at its end it lists a directory: an entry a
     * line, those that are directories with a '/' behind. May come before HELLO.
     */
    DAXEMU_REQ_SYSFS = 4,
    /*
     * ioctl(2), RDMA_VERBS_IOCTL: struct daxemu_write, segments, struct ib_uverbs_ioctl_hdr with its attributes, data. Where an
     * attribute hands in more than 8 bytes, its data field holds the offset of those bytes from the header; other pointers mean
     * nothing here. The reply is a struct daxemu_output for each attribute that is to be written.
     */
    DAXEMU_REQ_IOCTL = 5,
    /* The guard's, on its own socket: see DAXEMU_GUARD_SOCKET. */
    DAXEMU_REQ_GUARD_FILES = 16,     /* which files are guarded: the reply is struct daxemu_guard_files */
    DAXEMU_REQ_GUARD_BEGIN = 17,     /* struct daxemu_guard_begin, and a descriptor of the file; the reply's result: DAXEMU_GUARD_* */
    DAXEMU_REQ_GUARD_INTERRUPT = 18, /* the caller got a signal: a BEGIN that waits is answered now. Has no reply of its own */
    DAXEMU_REQ_GUARD_END = 19,       /* struct daxemu_guard_end: the operation that might proceed has ended */
};

struct daxemu_request {
    __u32 type;   /* enum daxemu_request_type */
    __u32 length; /* bytes of body that follow */
    __u64 id;     /* chosen by the client, repeated in the reply */
};

struct daxemu_reply {
    __u64 id;
    __s32 result;   /* what the system call would return: >= 0, or -errno */
    __u32 length;   /* bytes of body that follow; on failure a sentence, UTF-8, that says why */
    __u32 fd_count; /* descriptors that came with this message */
    __u32 reserved; /* 0 */
};

/* The first request on a connection, but for reads below /sys. */
struct daxemu_hello {
    __u32 version; /* DAXEMU_PROTOCOL_VERSION */
    /*
     * A signal that the process which made the connection gets with each DAXEMU_EVENT_LEASE_BREAK, as by sigqueue(3): si_code SI_QUEUE, and
     * the region's rkey in si_value.sival_int; 0: none.
     */
    __u32 lease_signal;
    char path[112]; /* the device file, such as "/dev/infiniband/uverbs0"; NUL-terminated; empty: the first device */
};

/*
 * The reply's descriptors: the doorbell memory, and an eventfd to write when the worker sleeps.
 *
 * Of "/dev/infiniband/rdma_cm" (doorbell_length 0, no device): the event channel, which is what the program gets for its open file. It is
 * a SEQPACKET socket whose peer is named "daxemu-rdma_cm-..." in the abstract namespace, and holds a message of one byte, a token, for
 * each event that waits, up to a bound. To get an event: take a token, as blocking as the descriptor is, then send
 * RDMA_USER_CM_CMD_GET_EVENT. When that answers EAGAIN, the event has gone with its id: begin anew.
 */
struct daxemu_hello_reply {
    __u32 version;         /* the daemon's DAXEMU_PROTOCOL_VERSION */
    __u32 doorbell_length; /* bytes of struct daxemu_doorbell to map */
    char device[64];       /* name of the device, such as "rxe0" */
};

/* Queue pairs of one open device file that can have a doorbell: their handles are below this. */
#define DAXEMU_DOORBELL_QPS 32768

/*
 * Shared with one open device file only, so that no client can ring, or watch, another's queues.
 * To ring: set the queue pair's bit in bits[handle / 64], then bit handle / 64 of summary, both as atomic OR; then, after a full
 * barrier, write 1 to the eventfd if worker_asleep is not 0. The worker clears in the opposite order, and sets worker_asleep
 * before a last look.
 */
struct daxemu_doorbell {
    __u32 worker_asleep; /* written by the daemon */
    __u32 reserved[15];
    __u64 summary[DAXEMU_DOORBELL_QPS / 64 / 64];
    __u8 pad[4096 - 64 - DAXEMU_DOORBELL_QPS / 64 / 64 * 8];
    __u64 bits[DAXEMU_DOORBELL_QPS / 64];
    /*
     * enum ib_qp_state of each queue pair, by handle; written by the daemon, which never reads it back. A post_send below RTS
     * must fail at once, without asking.
     */
    __u8 qp_state[DAXEMU_DOORBELL_QPS];
};

/*
 * Client memory that a command refers to by address, such as reg_mr's range: up to DAXEMU_MAX_FDS segments next to one another, in order,
 * that meet on pages of the memory and of their files. Descriptors, one for each, come in the order of the segments.
 */
struct daxemu_segment {
    __u64 address; /* of the first byte, in the client */
    __u64 length;
    __u64 offset;     /* of that byte in the descriptor */
    __u32 protection; /* PROT_READ, PROT_WRITE of the client's mapping */
    __u32 flags;      /* DAXEMU_SEGMENT_* */
};

#define DAXEMU_SEGMENT_SYNC 1 /* the client's mapping is MAP_SYNC */
/*
 * The descriptor is the client's /proc/self/mem, open for reading and writing, and offset the address: memory that cannot be mapped by
 * anybody else. It is the only segment then.
 */
#define DAXEMU_SEGMENT_PROCESS 2

struct daxemu_write {
    __u32 segment_count;
    __u32 command_length;
    /* struct daxemu_segment segments[segment_count]; then the bytes that write(2) would have been given */
};

#define DAXEMU_OUTPUT_VALUE 1 /* value goes into the attribute's data field: a handle, or the id of the channel that came along */

/* What an ioctl(2) gives back through one attribute. */
struct daxemu_output {
    __u16 attribute; /* its place in the request */
    __u16 length;    /* bytes that follow, to be copied where the attribute points; the next struct begins at a multiple of 8 */
    __u32 flags;     /* DAXEMU_OUTPUT_* */
    __u64 value;
};

/*
 * On an open rdma_cm file, the command is struct rdma_ucm_cmd_hdr and what follows it (rdma/rdma_user_cm.h). There are no segments.
 * RDMA_USER_CM_CMD_SET_OPTION: the option's value follows the struct. RDMA_USER_CM_CMD_MIGRATE_ID: the event channel that the id is on
 * comes along as a descriptor; its number means nothing.
 */

struct daxemu_mmap {
    __u64 offset;
    __u64 length;
};

/*
 * An asynchronous event of a type that no kernel has: somebody waits to change the file under a memory region (a truncate, for one), and
 * asks for it to be deregistered. The low 32 bits of its element are the region's rkey; libibverbs passes them on as element.port_num.
 * Who does not deregister it within the lease-break time loses it: later work requests on it fail.
 */
#define DAXEMU_EVENT_LEASE_BREAK 0x10000
/* Set in the element of such an event, so that it is no object's user_handle. */
#define DAXEMU_EVENT_ELEMENT_RKEY (1ULL << 63)

/*
 * The preload guard. Who stands between a program and libc asks before the program changes the blocks under a file's bytes, on a connection
 * to the socket of this name in the directory of the device's socket (in the abstract namespace: the device's name with '-' and this behind).
 * There is none where no volume is guarded so. A connection has one operation at a time, and ends it when it goes.
 *
 * What the file is, the daemon finds out from the descriptor. One that is not open for writing is believed only of the file's owner and of
 * root: who may not change a file waits for nothing and makes nobody wait.
 */
#define DAXEMU_GUARD_SOCKET "guard.sock"

/* enum LayoutOperationKind of the contract */
enum daxemu_guard_kind {
    DAXEMU_GUARD_TRUNCATE = 1,  /* offset: the new length */
    DAXEMU_GUARD_OPEN_TRUNCATE, /* O_TRUNC */
    DAXEMU_GUARD_PUNCH_HOLE,
    DAXEMU_GUARD_ZERO_RANGE,
    DAXEMU_GUARD_COLLAPSE_RANGE,
    DAXEMU_GUARD_INSERT_RANGE,
    DAXEMU_GUARD_REFLINK_INTO,
    DAXEMU_GUARD_REFLINK_FROM,
    DAXEMU_GUARD_DEDUPE,
    DAXEMU_GUARD_EXCHANGE,
    DAXEMU_GUARD_DAX_FLAG,
};

struct daxemu_guard_begin {
    __u32 kind;     /* enum daxemu_guard_kind */
    __u32 reserved; /* 0 */
    __u64 offset;
    __u64 length;
};

/* What a BEGIN is answered with, unless with -errno, which the operation is to fail with. */
#define DAXEMU_GUARD_UNGUARDED 0 /* the file is on no volume that is guarded so: do as you like */
#define DAXEMU_GUARD_PROCEED 1   /* carry it out, then send END */
#define DAXEMU_GUARD_PRETEND 2   /* report success, and change nothing */

struct daxemu_guard_end {
    __u32 carried_out; /* 0: it failed, so nothing has changed */
    __u32 reserved;    /* 0 */
};

#define DAXEMU_GUARD_DEVICES 62
#define DAXEMU_GUARD_NAMELESS 1 /* those of any device with major 0 too: btrfs has many to a filesystem */
#define DAXEMU_GUARD_ANY 2      /* those of any device: there are more than fit */

/* Regular files of other devices need not be asked for. */
struct daxemu_guard_files {
    __u32 flags; /* DAXEMU_GUARD_NAMELESS, DAXEMU_GUARD_ANY */
    __u32 device_count;
    __u64 devices[DAXEMU_GUARD_DEVICES]; /* st_dev */
};

/*
 * Commands name completion channels by descriptor number (IB_USER_VERBS_CMD_CREATE_CQ), and some responses hold one (async_fd, fd).
 * On this socket such a field holds the channel's id instead: in a response the client replaces it by the number of the descriptor
 * that came along, in a command it replaces its number by the id. So with the attributes of an ioctl that are descriptors.
 */
#define DAXEMU_ASYNC_CHANNELS 0x40000000 /* ids of asynchronous event channels begin here, those of completion channels at 0 */

/*
 * MODIFY_SRQ with a new size: the rxe provider's part of the command, struct rxe_modify_srq_cmd, is the address where the kernel would put
 * struct mminfo. The reply's body is that struct, and the client puts it there; by ioctl it is the output of the attribute that holds the
 * address.
 */

#endif
