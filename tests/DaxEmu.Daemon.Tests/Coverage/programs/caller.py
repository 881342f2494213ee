"""caller.py: what caller.c does, by Python's own functions; libc's, called through ctypes, where Python has none. The same lines, the same answers."""
import ctypes
import errno
import fcntl
import mmap
import os
import struct
import sys

PAGE = 4096
LENGTH = 16 * PAGE
FROM = 4 * PAGE
COUNT = 4 * PAGE
CUT = 2 * PAGE

FALLOC_FL_KEEP_SIZE = 0x01
FALLOC_FL_PUNCH_HOLE = 0x02
FALLOC_FL_COLLAPSE_RANGE = 0x08
FALLOC_FL_ZERO_RANGE = 0x10
FALLOC_FL_INSERT_RANGE = 0x20
FALLOC_FL_UNSHARE_RANGE = 0x40

FICLONE = 0x40049409
FICLONERANGE = 0x4020940D
FIDEDUPERANGE = 0xC0189436
FS_IOC_FSGETXATTR = 0x801C581F
FS_IOC_FSSETXATTR = 0x401C5820
FS_XFLAG_DAX = 0x8000
EXT4_IOC_MOVE_EXT = 0xC028660F
XFS_IOC_EXCHANGE_RANGE = 0x40285881

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]


def allocate(mode, offset=FROM, count=COUNT):
    def run(file, _other):
        if libc.fallocate(file, mode, offset, count) != 0:
            raise OSError(ctypes.get_errno(), "fallocate")
    return run


def clone(source, target):
    fcntl.ioctl(target, FICLONE, source)


def clone_range(source, target):
    fcntl.ioctl(target, FICLONERANGE, struct.pack("=qQQQ", source, FROM, COUNT, FROM))


def dedupe(source, target):
    request = bytearray(struct.pack("=QQHHIqQQiI", 0, LENGTH, 1, 0, 0, target, 0, 0, 0, 0))
    fcntl.ioctl(source, FIDEDUPERANGE, request)
    status = struct.unpack("=QQHHIqQQiI", request)[8]
    if status != 0:
        raise OSError(-status if status < 0 else errno.EILSEQ, "FIDEDUPERANGE")


def move_extents(file, donor):
    fcntl.ioctl(file, EXT4_IOC_MOVE_EXT, struct.pack("=IIQQQQ", 0, donor, FROM // PAGE, FROM // PAGE, COUNT // PAGE, 0))


def exchange(file, other):
    fcntl.ioctl(file, XFS_IOC_EXCHANGE_RANGE, struct.pack("=iIQQQQ", other, 0, FROM, FROM, COUNT, 0))


def copy(source, target):
    done = 0
    while done < LENGTH:
        done += os.copy_file_range(source, target, LENGTH - done, done, done)


def change_dax_flag(file, _other):
    attributes = bytearray(28)
    fcntl.ioctl(file, FS_IOC_FSGETXATTR, attributes)
    flags = struct.unpack_from("=I", attributes)[0]
    struct.pack_into("=I", attributes, 0, flags ^ FS_XFLAG_DAX)
    fcntl.ioctl(file, FS_IOC_FSSETXATTR, bytes(attributes))


def swapped(operation):
    return lambda file, other: operation(other, file)


def by_path(operation):
    operation.takes_path = True
    return operation


@by_path
def truncate(path):
    os.truncate(path, CUT)


@by_path
def open_truncate(path):
    os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))


@by_path
def creat(path):
    open(path, "w").close()


def ftruncate(file, _other):
    os.ftruncate(file, CUT)


def remove(mapping):
    mapping.madvise(mmap.MADV_REMOVE, FROM, COUNT)


class Operation:
    """An operation, what it needs, and whether that is older than the pin."""

    def __init__(self, run, other=False, old=False, mapped=False):
        self.run, self.other, self.old, self.mapped = run, other, old, mapped


OPERATIONS = {
    "truncate": Operation(truncate),
    "ftruncate-old": Operation(ftruncate, old=True),
    "ftruncate-mapped": Operation(ftruncate, mapped=True),
    "open-truncate": Operation(open_truncate),
    "creat": Operation(creat),
    "punch": Operation(allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)),
    "punch-old": Operation(allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE), old=True),
    "zero": Operation(allocate(FALLOC_FL_ZERO_RANGE)),
    "collapse": Operation(allocate(FALLOC_FL_COLLAPSE_RANGE)),
    "insert": Operation(allocate(FALLOC_FL_INSERT_RANGE)),
    "unshare": Operation(allocate(FALLOC_FL_UNSHARE_RANGE, 0, LENGTH)),
    "clone-into": Operation(swapped(clone), other=True),
    "clone-from": Operation(clone, other=True),
    "clone-range-into": Operation(swapped(clone_range), other=True),
    "clone-range-from": Operation(clone_range, other=True),
    "dedupe-into": Operation(swapped(dedupe), other=True),
    "dedupe-from": Operation(dedupe, other=True),
    "move-extents": Operation(move_extents, other=True),
    "move-extents-donor": Operation(swapped(move_extents), other=True),
    "exchange-range": Operation(exchange, other=True),
    "copy-into": Operation(swapped(copy), other=True),
    "copy-from": Operation(copy, other=True),
    "madv-remove": Operation(remove, mapped=True),
    "madv-remove-old": Operation(remove, mapped=True, old=True),
    "dax-flag": Operation(change_dax_flag),
}


class Target:
    """The files of one operation, opened."""

    def __init__(self, operation, path, other_path):
        self.path, self.file, self.other, self.mapping = path, None, None, None
        if hasattr(operation.run, "takes_path"):
            return
        self.file = os.open(path, os.O_RDWR)
        if operation.other:
            self.other = os.open(other_path, os.O_RDWR)
        if operation.mapped:
            self.mapping = mmap.mmap(self.file, LENGTH)
            self.mapping[FROM]

    def apply(self, operation):
        if hasattr(operation.run, "takes_path"):
            operation.run(self.path)
        elif operation.run is remove:
            operation.run(self.mapping)
        else:
            operation.run(self.file, self.other)

    def close(self):
        if self.mapping is not None:
            self.mapping.close()
        for descriptor in (self.other, self.file):
            if descriptor is not None:
                os.close(descriptor)


def attempt(step):
    try:
        return step(), 0
    except OSError as e:
        return None, e.errno


def main():
    operation = names = target = None
    for line in sys.stdin:
        words = line.split()
        failed = 0
        if words[0] == "prepare":
            operation, names, target = OPERATIONS.get(words[1]), words[2:], None
            if operation is None:
                print("cannot", flush=True)
                continue
            if operation.old:
                target, failed = attempt(lambda: Target(operation, *names))
        elif words[0] == "run":
            if target is None:
                target, failed = attempt(lambda: Target(operation, *names))
            if target is not None:
                _, failed = attempt(lambda: target.apply(operation))
                target.close()
        else:
            sys.exit(f"not understood: {line}")
        print(failed, flush=True)


main()
