using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>Takes descriptors for what they are: ordinary files, and memory files, which nobody but their holders can reach.</summary>
public sealed class FileMemoryResolver : IMemoryResolver
{
    /// <inheritdoc/>
    /// <remarks>
    /// A file of a FUSE or network filesystem is EOPNOTSUPP: a page fault there ends when its server wants, and until then an engine would
    /// stand still for all clients.
    /// </remarks>
    public NicResult<ResolvedMemory> Resolve(SafeFileHandle descriptor, daxemu_segment segment, PeerCredentials client)
    {
        NicResult<ResolvedMemory> memory = Describe(descriptor, segment);
        try
        {
            return memory.IsOk && DescriptorStatus.IsServed(descriptor)
                ? new NicError(
                    EOPNOTSUPP,
                    $"{memory.Value.Path} lies on a FUSE or network filesystem, which may hold up a page fault at will: "
                    + "register a file of a local filesystem or of a guarded volume")
                : memory;
        }
        catch (LinuxException failure)
        {
            return new NicError(failure.Errno, failure.Message);
        }
    }

    /// <summary>How to read what admission needs to know of a file.</summary>
    /// <param name="descriptor">The client's.</param>
    /// <param name="blocks">To ask where the file's bytes lie; with the client's access mode.</param>
    /// <param name="canWrite">The client may write it.</param>
    public static Func<FileFacts> FactsOf(SafeFileHandle descriptor, SafeFileHandle blocks, bool canWrite)
    {
        DescriptorLayout layout = new(blocks);
        return () => new FileFacts(DescriptorStatus.Of(descriptor).Size, canWrite) { Layout = layout };
    }

    /// <summary>Takes a descriptor for what it is, wherever its file lies: for a file whose server is trusted.</summary>
    /// <param name="descriptor">The client's descriptor, or one with the same rights.</param>
    /// <param name="segment">Which bytes of it.</param>
    public static NicResult<ResolvedMemory> Describe(SafeFileHandle descriptor, daxemu_segment segment)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        try
        {
            DescriptorStatus status = DescriptorStatus.Of(descriptor);
            if (!status.IsRegularFile)
            {
                return new NicError(ENODEV, "the descriptor of the memory is no regular file");
            }

            if (!status.CanRead)
            {
                return new NicError(EACCES, "the descriptor of the memory is not open for reading, so it cannot be mapped (mmap(2))");
            }

            bool isMemory = status.Links == 0 && DescriptorStatus.IsInMemory(descriptor);
            bool wantsSync = (segment.flags & DAXEMU_SEGMENT_SYNC) != 0;
            return new ResolvedMemory
            {
                File = descriptor,
                Identity = isMemory ? null : new FileIdentity(status.Device, status.Inode),
                Path = DescriptorStatus.NameOf(descriptor),
                Offset = segment.offset,
                CanWrite = status.CanWrite,
                Mapping = wantsSync && status.IsDax ? PinMapping.Sync : PinMapping.PageCache,
                ReadFacts = FactsOf(descriptor, descriptor, status.CanWrite),
            };
        }
        catch (LinuxException failure)
        {
            return new NicError(failure.Errno, failure.Message);
        }
    }
}
