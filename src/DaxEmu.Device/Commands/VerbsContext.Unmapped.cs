using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    // Each keeps a descriptor of the daemon.
    private const int MostUnmappedRegions = 256;

    private UnmappedCopier? _copier;
    private int _unmappedRegions;
    private bool _isClosing;

    private static bool IsProcessMemory(ReadOnlySpan<daxemu_segment> segments)
    {
        foreach (daxemu_segment segment in segments)
        {
            if ((segment.flags & DAXEMU_SEGMENT_PROCESS) != 0)
            {
                return true;
            }
        }

        return false;
    }

    // Memory that only the client can map. Which process's memory the descriptor leads to was settled when it was opened: the kernel let
    // the client have it, so the device does nothing for the client that it could not do itself.
    private NicResult RegisterUnmapped(
        ProtectionDomain domain, ib_uverbs_reg_mr request, daxemu_segment segment, SafeFileHandle descriptor, Rollback rollback,
        ref Command command)
    {
        if (_services.Unmapped is not { } unmapped)
        {
            return new NicError(EOPNOTSUPP, "the device cannot reach memory that it cannot map");
        }

        if (IsDurable(request))
        {
            return new NicError(EINVAL, "memory of a process is not durable, so IBV_ACCESS_FLUSH_PERSISTENT cannot be granted");
        }

        if (_unmappedRegions == MostUnmappedRegions)
        {
            return new NicError(ENOMEM, $"one open device file has at most {MostUnmappedRegions} parts of regions that are not mapped");
        }

        try
        {
            if (!ProcessMemory.Is(descriptor))
            {
                return new NicError(ENODEV, "the descriptor is no memory of a process (/proc/self/mem)");
            }

            DescriptorStatus status = DescriptorStatus.Of(descriptor);
            if (!status.CanRead || !status.CanWrite)
            {
                return new NicError(EACCES, "the memory of the process (/proc/self/mem) is not open for reading and writing");
            }
        }
        catch (LinuxException failure)
        {
            return new NicError(failure.Errno, failure.Message);
        }

        return Register(
            domain, request, [], _ => MapUnmapped(unmapped, segment, descriptor), segments: 1, rollback, ref command);
    }

    private NicResult<RegionMapping> MapUnmapped(UnmappedMemory unmapped, daxemu_segment segment, SafeFileHandle descriptor)
    {
        // From its page on: offsets in the mapping then have the alignment of the addresses.
        ulong slack = segment.offset % (ulong)Environment.SystemPageSize;
        NicResult<int> index = _services.Mappings.AddUnmapped((nuint)(slack + segment.length));
        if (!index.IsOk)
        {
            return index.Error;
        }

        SafeFileHandle own;
        try
        {
            own = DescriptorStatus.Duplicate(descriptor);
        }
        catch (LinuxException failure)
        {
            _services.Mappings.Remove(index.Value);
            return new NicError(failure.Errno, failure.Message);
        }

        _copier ??= new UnmappedCopier(_identity.Id);
        ProcessRange range = new(own, segment.offset - slack, _copier);
        unmapped.Add(index.Value, range);
        _unmappedRegions++;
        return new RegionMapping(index.Value, slack, () =>
        {
            _unmappedRegions--;
            unmapped.Remove(index.Value);
            range.Copier.WaitFor(range, () => _isClosing || _clientIsGone());
            _services.Mappings.Remove(index.Value);
            range.Dispose();
        });
    }
}
