using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Client;

/// <summary>
/// What may work together: queue pairs reach only memory regions of their own domain. <c>struct ibv_pd</c>. Disposing it disposes
/// its regions and queue pairs first.
/// </summary>
public sealed class ProtectionDomain : IDisposable
{
    private const AccessFlags Writing = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteAtomic;

    private int _disposed;

    internal ProtectionDomain(RdmaDevice device, uint handle)
    {
        Device = device;
        Handle = handle;
        Owned = new OwnedObjects(this);
    }

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device { get; }

    internal uint Handle { get; }

    internal OwnedObjects Owned { get; }

    /// <summary>Maps a file MAP_SHARED, and MAP_SYNC where it can be, and registers the mapping.</summary>
    /// <param name="path">An existing file.</param>
    /// <param name="offset">First byte, at any alignment.</param>
    /// <param name="length">Bytes; null: to the end of the file.</param>
    /// <param name="access">
    /// What may be done with the region; the file is opened for writing only if that includes writing.
    /// </param>
    /// <returns>The region. While it lives, the file's policy guards its bytes against truncation.</returns>
    /// <exception cref="RdmaException">The daemon refused the registration; its reason says what would make it work.</exception>
    /// <exception cref="IOException">The file cannot be opened (<see cref="FileNotFoundException"/>) or mapped (<see cref="LinuxException"/>).</exception>
    /// <exception cref="UnauthorizedAccessException">The file's permissions forbid it.</exception>
    public MemoryRegion RegisterFile(string path, long offset = 0, long? length = null, AccessFlags access = AccessFlags.All)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        FileAccess mode = (access & Writing) == 0 ? FileAccess.Read : FileAccess.ReadWrite;
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, mode, FileShare.ReadWrite | FileShare.Delete);
        long bytes = length ?? RandomAccess.GetLength(file) - offset;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes, nameof(length));
        MemoryProtection protection = mode == FileAccess.Read ? MemoryProtection.Read : MemoryProtection.ReadWrite;
        MemoryMapping mapping = MemoryMapping.MapSyncIfPossible(file, offset, bytes, protection);
        return Register($"reg_mr(\"{path}\", offset {offset}, {bytes} bytes, {access})", file, offset, mapping, protection, access);
    }

    /// <summary>Makes memory that no file of the file system backs, a memfd, and registers it: for messages and buffers.</summary>
    /// <param name="length">Bytes; they are zero.</param>
    /// <param name="access">What may be done with the region.</param>
    /// <exception cref="RdmaException">The daemon refused the registration.</exception>
    /// <exception cref="LinuxException">There is no memory, or no descriptor, left.</exception>
    public MemoryRegion Allocate(long length, AccessFlags access = AccessFlags.All)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        using SafeFileHandle file = MemoryFile.CreateSealed("daxemu-buffer", length);
        MemoryMapping mapping = MemoryMapping.Map(file, 0, length, MemoryProtection.ReadWrite);
        return Register($"reg_mr({length} bytes, {access})", file, 0, mapping, MemoryProtection.ReadWrite, access);
    }

    /// <summary>Makes a memory window: <c>ibv_alloc_mw</c>. It gives access to nothing until it is bound.</summary>
    /// <param name="type">Its kind.</param>
    /// <exception cref="RdmaException">The device can have no more of them.</exception>
    public MemoryWindow AllocateWindow(MemoryWindowType type)
    {
        ThrowIfDisposed();
        ib_uverbs_alloc_mw_resp response = Device.Commands.Write<ib_uverbs_alloc_mw, ib_uverbs_alloc_mw_resp>(
            "alloc_mw", IB_USER_VERBS_CMD_ALLOC_MW, new ib_uverbs_alloc_mw { pd_handle = Handle, mw_type = (byte)type });
        return Owned.Add(new MemoryWindow(this, type, response));
    }

    /// <summary>Makes a reliably connected queue pair.</summary>
    /// <param name="completions">Where its completions go, of both queues.</param>
    /// <param name="options">Its size; null: the defaults.</param>
    /// <exception cref="RdmaException">The device cannot have one of that size, or no more of them.</exception>
    public QueuePair CreateQueuePair(CompletionQueue completions, QueuePairOptions? options = null) =>
        CreateQueuePair(completions, completions, options);

    /// <summary>Makes a reliably connected queue pair: <c>ibv_create_qp</c>.</summary>
    /// <param name="sendCompletions">Where completions of its send queue go.</param>
    /// <param name="receiveCompletions">Where completions of its receive queue go.</param>
    /// <param name="options">Its size; null: the defaults.</param>
    /// <exception cref="RdmaException">The device cannot have one of that size, or no more of them.</exception>
    public QueuePair CreateQueuePair(CompletionQueue sendCompletions, CompletionQueue receiveCompletions, QueuePairOptions? options = null)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(sendCompletions);
        ArgumentNullException.ThrowIfNull(receiveCompletions);
        return QueuePair.Create(this, sendCompletions, receiveCompletions, options ?? new QueuePairOptions());
    }

    /// <summary>Disposes its queue pairs and regions, and then itself (<c>ibv_dealloc_pd</c>).</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            Owned.DisposeAll();
            Device.Destroy("dealloc_pd", IB_USER_VERBS_CMD_DEALLOC_PD, new ib_uverbs_dealloc_pd { pd_handle = Handle });
        }
        finally
        {
            Device.Owned.Remove(this);
        }
    }

    private MemoryRegion Register(
        string what, SafeFileHandle file, long offset, MemoryMapping mapping, MemoryProtection protection, AccessFlags access)
    {
        try
        {
            ulong address = (ulong)mapping.Address;
            ib_uverbs_reg_mr command = new()
            {
                start = address,
                length = (ulong)mapping.Length,
                hca_va = address,
                pd_handle = Handle,
                access_flags = (uint)access,
            };
            daxemu_segment segment = new()
            {
                address = address,
                length = (ulong)mapping.Length,
                offset = (ulong)offset,
                protection = (uint)protection,
                flags = mapping.IsSync ? DAXEMU_SEGMENT_SYNC : 0,
            };
            ib_uverbs_reg_mr_resp response = Device.Commands.Write<ib_uverbs_reg_mr, ib_uverbs_reg_mr_resp>(
                what, IB_USER_VERBS_CMD_REG_MR, command, segment, file);
            return Owned.Add(new MemoryRegion(this, mapping, response, access, protection == MemoryProtection.Read));
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
