using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>Copies between segments, in order, so that the last byte of a message is the last to change.</summary>
/// <param name="regions">Resolves ranges.</param>
/// <param name="memory">Touches client memory.</param>
/// <param name="unmapped">Touches client memory that is not mapped; null: that cannot be had.</param>
/// <param name="events">Gets memory faults.</param>
internal sealed unsafe class Transfer(RegionAccess regions, GuardedMemory memory, IUnmappedMemory? unmapped, PendingEvents events)
{
    /// <summary>True when every range that the first <paramref name="length"/> bytes touch may be used.</summary>
    public bool MayUse(in Segments side, ulong length)
    {
        for (uint i = 0U; i < side.Count && length > 0; i++)
        {
            rxe_sge range = side.Ranges[i];
            if (range.length != 0 && regions.Resolve(range, side.Domain, side.Access, side.Responder) is null)
            {
                return false;
            }

            length -= Math.Min(length, range.length);
        }

        return true;
    }

    /// <summary>
    /// Copies part of a message. Both sides must be at least <paramref name="start"/> + <paramref name="bytes"/> long. Memory that is not mapped
    /// is waited for.
    /// </summary>
    /// <param name="source">Where from.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="start">First byte of the part.</param>
    /// <param name="bytes">
    /// Bytes to copy, and then those that were: fewer when a copy to or from memory that is not mapped is under way, and more when one was that
    /// has ended now.
    /// </param>
    /// <param name="place">Index of the queue pair.</param>
    /// <param name="ticket">The copy that is under way for it, from call to call; 0: none is.</param>
    public TransferResult Copy(in Segments source, in Segments destination, ulong start, ref ulong bytes, uint place, ref uint ticket) =>
        Copy(source, start, destination, start, ref bytes, unmapped, place, ref ticket);

    /// <summary>Copies part of a message at once: memory that is not mapped cannot be reached so.</summary>
    public TransferResult Copy(in Segments source, in Segments destination, ulong start, ulong bytes) =>
        Copy(source, start, destination, start, bytes);

    /// <summary>Copies part of one side to part of another, at once.</summary>
    public TransferResult Copy(in Segments source, ulong sourceStart, in Segments destination, ulong destinationStart, ulong bytes)
    {
        uint ticket = 0;
        return Copy(source, sourceStart, destination, destinationStart, ref bytes, null, 0, ref ticket);
    }

    private TransferResult Copy(
        in Segments source, ulong sourceStart, in Segments destination, ulong destinationStart, ref ulong bytes, IUnmappedMemory? far,
        uint place, ref uint ticket)
    {
        Cursor from = Cursor.At(source, sourceStart);
        Cursor to = Cursor.At(destination, destinationStart);
        ulong wanted = bytes;
        bytes = 0;
        while (bytes < wanted)
        {
            from.SkipEmpty(source);
            to.SkipEmpty(destination);
            ulong most = Math.Min(from.Left(source), to.Left(destination));
            ulong length = ticket == 0 ? Math.Min(wanted - bytes, most) : Math.Min(LengthOf(far, place, ticket), most);
            rxe_sge sourceRange = from.Range(source, length);
            rxe_sge destinationRange = to.Range(destination, length);
            byte* sourceAddress = source.Inline is null
                ? regions.Resolve(sourceRange, source.Domain, source.Access, source.Responder)
                : source.Inline + from.Offset;
            if (sourceAddress is null)
            {
                return TransferResult.BadSource;
            }

            byte* destinationAddress = regions.Resolve(destinationRange, destination.Domain, destination.Access, destination.Responder);
            if (destinationAddress is null)
            {
                return TransferResult.BadDestination;
            }

            // Ranges that are looked up but not used, by MayUse, leave their mark as well: harmless, for what is noted is what is used.
            bool isNoted = regions.MetOrphans;
            void* fault = null;
            int result;
            if (IsUnmapped(sourceAddress) || IsUnmapped(destinationAddress))
            {
                result = CopyUnmapped(far, destinationRange, destinationAddress, sourceAddress, ref length, &fault, place, ref ticket);
            }
            else
            {
                result = Store(destinationRange, destinationAddress, sourceAddress, length, &fault);
                ticket = 0;
            }

            switch (result)
            {
                case 0:
                    if (ticket != 0)
                    {
                        return TransferResult.Ok;
                    }

                    if (isNoted)
                    {
                        Note(source, sourceRange, destinationRange);
                    }

                    break;
                case GuardedMemory.SourceFault:
                    Report(sourceRange, sourceAddress, length, fault, far, place);
                    return TransferResult.BadSource;
                default:
                    Report(destinationRange, destinationAddress, length, fault, far, place);
                    return TransferResult.BadDestination;
            }

            bytes += length;
            from.Offset += length;
            to.Offset += length;
        }

        return TransferResult.Ok;
    }

    /// <summary>Goes on with an atomic operation on memory that is not mapped: it is carried out when the ticket is 0 afterwards.</summary>
    /// <returns>0, or <see cref="GuardedMemory.DestinationFault"/>.</returns>
    public int AtomicUnmapped(byte* target, bool isCompareSwap, ulong compareAdd, ulong swap, ulong* old, uint place, ref uint ticket)
    {
        if (unmapped is null)
        {
            return GuardedMemory.DestinationFault;
        }

        if (ticket == 0)
        {
            _ = MappingTable.IsUnmapped(target, out int mapping, out ulong offset);
            _ = unmapped.Claim(place);
            ticket = unmapped.Atomic(place, mapping, offset, isCompareSwap, compareAdd, swap);
            return 0;
        }

        switch (unmapped.Look(place, ticket, out _, out byte* bytes))
        {
            case UnmappedCopy.UnderWay:
                return 0;
            case UnmappedCopy.Written:
                *old = *(ulong*)bytes;
                ticket = 0;
                return 0;
            default:
                ticket = 0;
                return GuardedMemory.DestinationFault;
        }
    }

    // Into mapped memory. Who looks at what devices wrote is told before a byte is there; where the copy meets memory that is gone, of more than
    // was written, all of it in a region that is in error then.
    private int Store(in rxe_sge range, byte* destination, byte* source, ulong length, void** fault)
    {
        regions.NoteWriting(range with { length = (uint)length });
        return memory.Copy(destination, source, (nuint)length, fault);
    }

    private void Note(in Segments source, in rxe_sge sourceRange, in rxe_sge destinationRange)
    {
        if (source.Inline is null)
        {
            regions.NoteOrphans(sourceRange, isWrite: false, events);
        }

        regions.NoteOrphans(destinationRange, isWrite: true, events);
    }

    private static bool IsUnmapped(byte* address) => MappingTable.IsUnmapped(address, out _, out _);

    private static ulong LengthOf(IUnmappedMemory? far, uint place, uint ticket)
    {
        uint length = 0;
        _ = far?.Look(place, ticket, out length, out _);
        return length;
    }

    // As GuardedMemory.Copy, by way of the queue pair's place: what is read goes there first, what is written comes from there. Under way
    // as long as the ticket is not 0.
    private int CopyUnmapped(
        IUnmappedMemory? far, in rxe_sge range, byte* destination, byte* source, ref ulong length, void** fault, uint place, ref uint ticket)
    {
        if (far is null)
        {
            return IsUnmapped(source) ? GuardedMemory.SourceFault : GuardedMemory.DestinationFault;
        }

        if (ticket == 0)
        {
            length = Math.Min(length, far.MaxBytes);
            return Begin(far, destination, source, length, fault, place, ref ticket);
        }

        UnmappedCopy state = far.Look(place, ticket, out _, out byte* bytes);
        if (state == UnmappedCopy.UnderWay)
        {
            return 0;
        }

        ticket = 0;
        switch (state)
        {
            case UnmappedCopy.Written:
                return 0;
            case UnmappedCopy.Read when MappingTable.IsUnmapped(destination, out int mapping, out ulong offset):
                ticket = far.Write(place, mapping, offset, (uint)length);
                return 0;
            case UnmappedCopy.Read:
                return Store(range, destination, bytes, length, fault);
            case UnmappedCopy.WriteFailed:
                *fault = destination;
                return GuardedMemory.DestinationFault;
            default:
                *fault = source;
                return GuardedMemory.SourceFault;
        }
    }

    private int Begin(
        IUnmappedMemory far, byte* destination, byte* source, ulong length, void** fault, uint place, ref uint ticket)
    {
        byte* bytes = far.Claim(place);
        if (MappingTable.IsUnmapped(source, out int mapping, out ulong offset))
        {
            ticket = far.Read(place, mapping, offset, (uint)length);
            return 0;
        }

        int result = memory.Copy(bytes, source, (nuint)length, fault);
        if (result == 0 && MappingTable.IsUnmapped(destination, out mapping, out offset))
        {
            ticket = far.Write(place, mapping, offset, (uint)length);
        }

        return result;
    }

    /// <summary>An atomic operation was carried out on a region that has pages which left their file.</summary>
    public void NoteAtomic(in rxe_sge range)
    {
        regions.NoteOrphans(range, isWrite: false, events);
        regions.NoteOrphans(range, isWrite: true, events);
    }

    /// <summary>Tells the host that an atomic operation could not reach its target.</summary>
    /// <param name="range">A range that resolved.</param>
    /// <param name="target">To this.</param>
    /// <param name="place">Index of the queue pair.</param>
    public void ReportAtomic(in rxe_sge range, byte* target, uint place) => Report(range, target, range.length, target, unmapped, place);

    private void Report(in rxe_sge range, byte* address, ulong length, void* fault, IUnmappedMemory? far, uint place)
    {
        ulong distance = fault >= address && fault < address + length ? (ulong)((byte*)fault - address) : 0;
        (uint key, ulong offset) = regions.Locate(range, distance);

        // Copies that are made at once have no place of their own, and cannot reach such memory.
        events.Fault(key, offset, !IsUnmapped(address) ? 0 : far is null ? errno.EOPNOTSUPP : far.ErrnoOf(place));
    }

    // A place in one side: a range and how far into it.
    private struct Cursor
    {
        public ulong Offset;
        private uint _index;

        public static Cursor At(in Segments side, ulong start)
        {
            Cursor cursor = new() { Offset = start };
            if (side.Inline is null)
            {
                cursor.SkipEmpty(side);
            }

            return cursor;
        }

        // Also past a range that is used up.
        public void SkipEmpty(in Segments side)
        {
            while (side.Inline is null && _index < side.Count && Offset >= side.Ranges[_index].length)
            {
                Offset -= side.Ranges[_index++].length;
            }
        }

        public readonly ulong Left(in Segments side) => side.Inline is null ? side.Ranges[_index].length - Offset : ulong.MaxValue;

        public readonly rxe_sge Range(in Segments side, ulong length) => side.Inline is null
            ? new rxe_sge { addr = side.Ranges[_index].addr + Offset, length = (uint)length, lkey = side.Ranges[_index].lkey }
            : default;
    }
}
