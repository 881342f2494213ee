using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    // Files whose pages are not to be mapped (Admission:Mapping is bounce): engines reach them as memory that cannot be.
    private NicResult<RegionMapping> Bounce(List<RegionPart> parts, IReadOnlyList<RegionPin> pins, bool writes, bool isDurable)
    {
        if (_services.Unmapped is not { } unmapped)
        {
            return new NicError(EOPNOTSUPP, "the device cannot reach memory that it does not map");
        }

        if (CheckBounced(parts, pins) is { } refusal)
        {
            return refusal;
        }

        // Before anything is taken that would have to be given back: it starts a thread.
        _copier ??= new UnmappedCopier(_identity.Id);

        // From its page on: offsets in the mapping then have the alignment of the file's bytes.
        ulong slack = parts[0].Memory.Offset % (ulong)Environment.SystemPageSize;
        NicResult<int> index = _services.Mappings.AddUnmapped((nuint)(slack + parts[^1].Start + parts[^1].Length));
        if (!index.IsOk)
        {
            return index.Error;
        }

        NicResult<BouncedPart[]> opened = OpenBounced(parts, slack, writes);
        if (!opened.IsOk)
        {
            _services.Mappings.Remove(index.Value);
            return opened.Error;
        }

        BouncedRange range = new(opened.Value, _services.Bounced, _copier);
        RegionSyncer? syncer = isDurable ? _services.Syncer : null;
        syncer?.Add(index.Value, SyncedMemory.Bounced(range));
        unmapped.Add(index.Value, range);
        _unmappedRegions += parts.Count;
        int count = parts.Count;
        return new RegionMapping(index.Value, slack, () =>
        {
            _unmappedRegions -= count;
            unmapped.Remove(index.Value);
            // A copy to a file ends without its client's help.
            range.Copier.WaitFor(range, () => false);
            Action release = syncer?.Remove(index.Value) ?? range.Dispose;
            _services.Mappings.Remove(index.Value);
            release();
        });
    }

    private NicError? CheckBounced(List<RegionPart> parts, IReadOnlyList<RegionPin> pins)
    {
        if (parts.Find(part => part.Memory.IsOnOwnMount) is { } mounted)
        {
            return new NicError(
                EOPNOTSUPP,
                $"{mounted.Memory.Path}: Admission:Mapping is bounce, which needs FUSE passthrough, and this mount has none (daxemu doctor says why)");
        }

        if (pins.Count != parts.Count || pins.Any(held => held.Pin.Request.Mapping != PinMapping.Bounce))
        {
            return new NicError(
                EOPNOTSUPP,
                "Admission:Mapping is bounce for some of the region's memory only: register "
                + $"{string.Join(" and ", parts.Select(p => p.Memory.Path).Distinct())} as regions of their own");
        }

        return _unmappedRegions + parts.Count > MostUnmappedRegions
            ? new NicError(
                ENOMEM,
                $"one open device file has at most {MostUnmappedRegions} parts of regions that are not mapped; it has {_unmappedRegions}, and this region {parts.Count} more")
            : null;
    }

    private NicResult<BouncedPart[]> OpenBounced(List<RegionPart> parts, ulong slack, bool writes)
    {
        List<BouncedPart> opened = [];
        foreach (RegionPart part in parts)
        {
            int failed = FileContents.Reopen(part.Memory.File, writes ? O_RDWR : O_RDONLY, out SafeFileHandle? own);
            if (failed < 0)
            {
                opened.ForEach(Close);
                return new NicError(
                    -failed, $"{part.Memory.Path}: Admission:Mapping is bounce, but the device may not open the file itself{(writes ? " for writing" : "")}");
            }

            opened.Add(new BouncedPart(
                _services.Bounced.Take(part.Memory.Identity!.Value), own!, slack + part.Start, part.Memory.Offset, part.Length));
        }

        return opened.ToArray();
    }

    private void Close(BouncedPart part)
    {
        part.Descriptor.Dispose();
        _services.Bounced.Return(part.File);
    }
}
