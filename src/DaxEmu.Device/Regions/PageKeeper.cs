using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// Keeps the pages of regions that an operation takes from their file (<see cref="Policy.Legacy"/>): copies of them in a memory file, which take
/// their place in the daemon's mappings of the regions. The clients' own mappings go on showing the file.
/// </summary>
/// <remarks>
/// The regions are out of use from the copy until the operation has ended, so that no write of the NIC is lost and none reaches a page that
/// leaves the file; and when the operation fails, nothing has to be undone. The first copy, while they are in use, brings the pages into
/// memory: the second, while they are not, is quick.
/// </remarks>
/// <param name="nic">The NIC.</param>
/// <param name="log">Told what could not be done.</param>
internal sealed class PageKeeper(NicDevice nic, IDeviceLog log)
{
    /// <summary>How long an engine may take to the end of a copy before the operation that waits for it is given up.</summary>
    internal static readonly TimeSpan EnginePatience = TimeSpan.FromSeconds(5);

    /// <summary>As <see cref="IPinHolders.Detach"/>.</summary>
    public PageDetachment Detach(LayoutOperation cause, IReadOnlyList<PinnedPages> pages)
    {
        List<KeptPiece> pieces = Plan(pages);
        if (pieces.Count == 0)
        {
            return new PageDetachment(null);
        }

        if (TakeMappings(pieces) is { IsOk: false } refusal)
        {
            return new PageDetachment(refusal.Errno, $"The regions cannot keep the pages: {refusal.Reason}.");
        }

        SafeFileHandle? file = null;
        NicPause? pause = null;
        try
        {
            file = MemoryFile.CreateSealed("daxemu-orphans", pieces[^1].Offset + (long)pieces[^1].Range.Length);
            _ = Copy(pieces, file);
            using (CancellationTokenSource limit = new(EnginePatience))
            {
                pause = nic.Pause(pieces.SelectMany(p => p.Holders).Select(h => h.Region).Distinct(), limit.Token);
            }

            List<KeptPiece> copied = Copy(pieces, file);
            (SafeFileHandle kept, NicPause over) = (file, pause);
            return new PageDetachment(
                carriedOut =>
                {
                    Settle(cause, copied, kept, over, carriedOut);
                    ReturnMappings(carriedOut ? [] : pieces);
                },
                [.. copied.SelectMany(piece => piece.Holders.Select(holder => new PinnedPages(holder.Pin, piece.Range)))]);
        }
        catch (LinuxException failure)
        {
            pause?.Dispose();
            file?.Dispose();
            ReturnMappings(pieces);
            return new PageDetachment(failure.Errno, $"The pages could not be kept for the regions that have them: {failure.Message}.");
        }
        catch (TimeoutException failure)
        {
            file?.Dispose();
            ReturnMappings(pieces);
            return new PageDetachment(EBUSY, $"The pages could not be kept for the regions that have them: {failure.Message}.");
        }
    }

    private static NicResult TakeMappings(List<KeptPiece> pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            for (int holder = 0; holder < pieces[i].Holders.Count; holder++)
            {
                if (KeptOf(pieces[i].Holders[holder].Region).Take() is { IsOk: false } refusal)
                {
                    ReturnMappings(pieces[..i]);
                    ReturnMappings([pieces[i] with { Holders = [.. pieces[i].Holders.Take(holder)] }]);
                    return refusal;
                }
            }
        }

        return NicResult.Ok;
    }

    private static void ReturnMappings(List<KeptPiece> pieces)
    {
        foreach ((_, MemoryRegion region) in pieces.SelectMany(p => p.Holders))
        {
            KeptOf(region).Return();
        }
    }

    private static KeptPieces KeptOf(MemoryRegion region) => ((FileRegionMapping)region.Mapping).Kept;

    private void Settle(LayoutOperation cause, List<KeptPiece> pieces, SafeFileHandle file, NicPause pause, bool carriedOut)
    {
        using SafeFileHandle closed = file;
        using NicPause over = pause;
        if (!carriedOut)
        {
            return;
        }

        foreach (KeptPiece piece in pieces)
        {
            foreach ((Pin pin, MemoryRegion region) in piece.Holders)
            {
                Keep(cause, pin, region, piece, file);
            }
        }
    }

    private void Keep(LayoutOperation cause, Pin pin, MemoryRegion region, KeptPiece piece, SafeFileHandle file)
    {
        try
        {
            JoinedMapping memory = ((FileRegionMapping)region.Mapping).Memory;
            foreach (nint address in AddressesOf(pin, region, piece.Range))
            {
                memory.Replace(address, (nuint)piece.Range.Length, file, piece.Offset);
            }

            nic.KeepPages(region, new PinnedPages(pin, piece.Range));
        }
        catch (LinuxException failure)
        {
            // The old pages are gone, and the new ones are not this region's: it must reach neither.
            nic.Revoke(pin);
            log.Failed($"keeping {piece.Range} of {cause.Path} for {pin.Request.Region}, which is revoked", failure);
        }
    }

    // Each piece is covered by the same pins from end to end.
    private List<KeptPiece> Plan(IReadOnlyList<PinnedPages> pages)
    {
        List<(ByteRange Range, Pin Pin, MemoryRegion Region)> held = [];
        foreach ((Pin pin, ByteRange range) in pages)
        {
            if (nic.FindRegionToKeep(pin) is { Mapping: FileRegionMapping } region)
            {
                held.Add((range, pin, region));
            }
        }

        List<KeptPiece> pieces = [];
        ulong[] bounds = [.. held.SelectMany(h => new[] { h.Range.Start, h.Range.End }).Distinct().Order()];
        long offset = 0;
        for (int i = 0; i + 1 < bounds.Length; i++)
        {
            ByteRange range = new(bounds[i], bounds[i + 1]);
            (Pin, MemoryRegion)[] holders = [.. held.Where(h => h.Range.Overlaps(range)).Select(h => (h.Pin, h.Region))];
            if (holders.Length > 0)
            {
                pieces.Add(new KeptPiece(range, offset, holders));
                offset += (long)range.Length;
            }
        }

        return pieces;
    }

    // Without the pages that are gone already, by a change that no guard saw: they stay what they are, missing.
    private static List<KeptPiece> Copy(List<KeptPiece> pieces, SafeFileHandle file)
    {
        List<KeptPiece> copied = [];
        foreach (KeptPiece piece in pieces)
        {
            foreach ((nuint start, nuint length) in Copy(piece, file))
            {
                ByteRange range = ByteRange.OfLength(piece.Range.Start + start, length);
                copied.Add(piece with { Range = range, Offset = piece.Offset + (long)start });
            }
        }

        return copied;
    }

    // From the first holder that is not being deregistered just now.
    private static IReadOnlyList<(nuint Start, nuint Length)> Copy(KeptPiece piece, SafeFileHandle file)
    {
        foreach ((Pin pin, MemoryRegion region) in piece.Holders)
        {
            nint address = AddressesOf(pin, region, piece.Range).First();
            if (((FileRegionMapping)region.Mapping).Memory.CopyPages(address, (nuint)piece.Range.Length, file, piece.Offset) is { } copied)
            {
                return copied;
            }
        }

        return [];
    }

    // A region may hold the same bytes of a file more than once, each by a pin of its own.
    private static IEnumerable<nint> AddressesOf(Pin pin, MemoryRegion region, ByteRange pages)
    {
        nint start = ((FileRegionMapping)region.Mapping).Memory.Address;
        return region.Pins
            .Where(held => held.Pin.Id == pin.Id)
            .Select(held => start + (nint)(held.Offset + pages.Start - pin.Request.Range.Start));
    }
}
