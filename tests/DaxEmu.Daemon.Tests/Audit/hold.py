"""Holds a lease or a mapping of a file until it gets a line, and says so when the lease was broken meanwhile."""

import ctypes, fcntl, mmap, os, signal, sys

what, path = sys.argv[1:]
signal.signal(signal.SIGIO, lambda *_: print("broken", flush=True))
file = os.open(path, os.O_RDONLY if what == "read" else os.O_RDWR)
if what == "mapping":
    # mmap.mmap keeps a descriptor of its own.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype, libc.mmap.argtypes = ctypes.c_ssize_t, [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    assert libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, file, 0) != -1
    os.close(file)
else:
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK if what == "read" else fcntl.F_WRLCK)
print("holding", flush=True)
sys.stdin.readline()
print("done", flush=True)
