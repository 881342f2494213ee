using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Keeps one backing id per file for as long as it is open: the kernel refuses a second one for the same inode (fs/fuse/iomode.c), and
/// it refuses to mix passthrough with cached opens, so what the first open got holds for the others.
/// </summary>
internal sealed class BackingIds(FuseDevice device, FuseDataPath dataPath, IGuardEvents events)
{
    // FOPEN_NOFLUSH: there is nothing to be done when a descriptor is closed, so the kernel need not ask. Without passthrough the daemon has
    // clients' descriptors of its own mount: when it is killed, the kernel closes them before it lets go of the connection, and would wait
    // for an answer to that question for ever.

    /// <summary>Notes an open of a node, whose gate the caller holds. Returns the FOPEN_* flags and the id for the reply.</summary>
    internal (uint Flags, int Id) Opened(Node node, SafeFileHandle descriptor)
    {
        if (node.Opens++ == 0)
        {
            int id = dataPath == FuseDataPath.Passthrough ? device.OpenBacking(descriptor) : 0;
            node.BackingId = Math.Max(id, 0);
            node.IsCached = node.BackingId == 0;
            if (id < 0)
            {
                events.Warning($"file {node.Identity}: served without passthrough: FUSE_DEV_IOC_BACKING_OPEN failed with errno {-id}");
            }
        }

        return node.BackingId > 0 ? (FOPEN_PASSTHROUGH | FOPEN_NOFLUSH, node.BackingId) : (FOPEN_KEEP_CACHE | FOPEN_NOFLUSH, 0);
    }

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
