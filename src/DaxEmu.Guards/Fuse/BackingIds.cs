using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Keeps one backing id per file for as long as it is open: the kernel refuses a second one for the same inode (fs/fuse/iomode.c), and
/// it refuses to mix passthrough with cached opens, so what the first open got holds for the others.
/// </summary>
/// <param name="device">The connection.</param>
/// <param name="dataPath">How contents travel unless a file needs another way.</param>
/// <param name="contract">Whether a file does: what is to be held back from the disk must not be passed through to it.</param>
/// <param name="volume">The files.</param>
/// <param name="events">Whom to tell.</param>
internal sealed class BackingIds(
    FuseDevice device, FuseDataPath dataPath, IFileContract contract, FuseVolume volume, IGuardEvents events)
{
    /// <summary>Notes an open of a node, whose gate the caller holds. Returns the FOPEN_* flags and the id for the reply.</summary>
    internal (uint Flags, int Id) Opened(Node node, SafeFileHandle descriptor)
    {
        if (node.Opens++ == 0)
        {
            int id = dataPath == FuseDataPath.Passthrough && !HoldsBack(node) ? device.OpenBacking(descriptor) : 0;
            node.BackingId = Math.Max(id, 0);
            node.IsCached = node.BackingId == 0;
            if (id < 0)
            {
                events.Warning($"file {node.Identity}: served without passthrough: FUSE_DEV_IOC_BACKING_OPEN failed with errno {-id}");
            }
        }

        return node.BackingId > 0 ? (FOPEN_PASSTHROUGH, node.BackingId) : (FOPEN_KEEP_CACHE, 0);
    }

    // A device that has pinned it and maps the backing file stays with that.
    private bool HoldsBack(Node node) =>
        volume.HasDisk && (node.Held is not null || (node.Pins == 0 && contract.HoldsBackWrites(node.Identity, volume.ShownPath(node))));

    /// <summary>Notes that an open has ended, the node's gate held.</summary>
    internal void Released(Node node)
    {
        if (--node.Opens == 0 && node.BackingId > 0)
        {
            _ = device.CloseBacking(node.BackingId);
            node.BackingId = 0;
        }
    }
}
