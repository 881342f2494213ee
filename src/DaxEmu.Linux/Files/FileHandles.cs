using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Linux.Files.FileCalls;

namespace DaxEmu.Linux.Files;

/// <summary>Handles of files, which outlive descriptors and are the same on every mount of a filesystem: open_by_handle_at(2).</summary>
public static unsafe class FileHandles
{
    /// <summary>Opens the file that a descriptor names on another mount of its filesystem, where it has the name that it has there.</summary>
    /// <param name="file">The file; the descriptor may be O_PATH.</param>
    /// <param name="mount">Any file or directory of that mount, not O_PATH.</param>
    /// <param name="flags">O_*; O_CLOEXEC is added.</param>
    /// <param name="opened">The descriptor, or null. Of some other file where the mount is of another filesystem: compare.</param>
    /// <returns>0 or the negated errno: EPERM without CAP_DAC_READ_SEARCH, EOPNOTSUPP where the filesystem has no handles.</returns>
    public static int Reopen(SafeFileHandle file, SafeFileHandle mount, int flags, out SafeFileHandle? opened)
    {
        byte* memory = stackalloc byte[sizeof(file_handle) + MAX_HANDLE_SZ];
        file_handle* handle = (file_handle*)memory;
        *handle = new file_handle { handle_bytes = MAX_HANDLE_SZ };
        byte empty = 0;
        int mountId;
        int named = Result(NameToHandleAt(file, &empty, handle, &mountId, AT_EMPTY_PATH));
        opened = null;
        return named < 0 ? named : FileNames.Own(OpenByHandleAt(mount, handle, flags | O_CLOEXEC), out opened);
    }
}
