using System.Collections.Concurrent;
using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Device;

/// <summary>What all open rdma_cm files share: the connection manager, and whose event channel a descriptor is.</summary>
/// <param name="manager">The connection manager.</param>
internal sealed class CmService(ConnectionManager manager)
{
    // By the socket itself, which no one can forge: having a descriptor of it is the right to name it.
    private readonly ConcurrentDictionary<(uint Major, uint Minor, ulong Inode), CmEventQueue> _queues = new();

    /// <summary>The connection manager.</summary>
    public ConnectionManager Manager => manager;

    /// <summary>Makes a channel's queue known.</summary>
    public void Add(SafeFileHandle channel, CmEventQueue queue) => _queues[IdentityOf(channel)] = queue;

    /// <summary>Forgets a channel.</summary>
    public void Remove(SafeFileHandle channel) => _queues.TryRemove(IdentityOf(channel), out _);

    /// <summary>Whose event channel a descriptor is, or null.</summary>
    public CmEventQueue? Find(SafeFileHandle descriptor) => _queues.GetValueOrDefault(IdentityOf(descriptor));

    private static (uint Major, uint Minor, ulong Inode) IdentityOf(SafeFileHandle descriptor) =>
        FileStatus.Status(descriptor, STATX_INO, out statx status) == 0 ? (status.stx_dev_major, status.stx_dev_minor, status.stx_ino) : default;
}
