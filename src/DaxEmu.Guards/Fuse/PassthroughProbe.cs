using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Guards.Fuse;

/// <summary>Settles whether a fresh connection passes through, by trying it.</summary>
internal static class PassthroughProbe
{
    /// <summary>Answers FUSE_INIT and tries to hand an unnamed file of the volume over.</summary>
    internal static (FuseDataPath Path, string Reason) Settle(FuseDevice device, FuseVolume volume, bool forcePageCache)
    {
        bool taken = FuseHandshake.Answer(device, forcePageCache ? 0 : StackDepth(volume));
        if (forcePageCache)
        {
            return (FuseDataPath.PageCache, "passthrough is switched off by configuration");
        }

        if (!taken)
        {
            return (FuseDataPath.PageCache, "this kernel has no FUSE passthrough (Linux 6.9 with CONFIG_FUSE_PASSTHROUGH)");
        }

        int id = TryBacking(device, volume);
        if (id < 0)
        {
            return (FuseDataPath.PageCache, id == -EPERM
                ? "passthrough needs CAP_SYS_ADMIN: EPERM (1)"
                : $"passthrough was refused for this file system: {ErrnoName.Describe(-id)}");
        }

        _ = device.CloseBacking(id);
        return (FuseDataPath.Passthrough, "reads, writes and mappings pass through to the backing files");
    }

    /// <summary>A regular file of the volume that nobody sees (O_TMPFILE), to try things on.</summary>
    internal static int OpenUnnamed(FuseVolume volume, out SafeFileHandle? file) =>
        FileNames.Open(volume.Nodes.Root.Handle, ".\0"u8, OpenFlags.TemporaryFile | O_RDWR, 0x180, out file);

    private static int TryBacking(FuseDevice device, FuseVolume volume)
    {
        int opened = OpenUnnamed(volume, out SafeFileHandle? file);
        using (file)
        {
            return opened < 0 ? opened : device.OpenBacking(file!);
        }
    }

    // A backing file system that is itself stacked needs one level more, which leaves none for a file system on top of the mount
    // (FILESYSTEM_MAX_STACK_DEPTH is 2).
    private static uint StackDepth(FuseVolume volume) =>
        MountEntry.Read().FirstOrDefault(m => m.Id == volume.MountId)?.Type == "overlay" ? 2u : 1u;
}
