using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>Copies between segments, in order, so that the last byte of a message is the last to change.</summary>
/// <param name="regions">Resolves ranges.</param>
/// <param name="memory">Touches client memory.</param>
/// <param name="events">Gets memory faults.</param>
internal sealed unsafe class Transfer(RegionAccess regions, GuardedMemory memory, PendingEvents events)
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

    /// <summary>Copies part of a message. Both sides must be at least <paramref name="start"/> + <paramref name="bytes"/> long.</summary>
    public TransferResult Copy(in Segments source, in Segments destination, ulong start, ulong bytes) =>
        Copy(source, start, destination, start, bytes);

    /// <summary>Copies part of one side to part of another.</summary>
    public TransferResult Copy(in Segments source, ulong sourceStart, in Segments destination, ulong destinationStart, ulong bytes)
    {
        Cursor from = Cursor.At(source, sourceStart);
        Cursor to = Cursor.At(destination, destinationStart);
        while (bytes > 0)
        {
            from.SkipEmpty(source);
            to.SkipEmpty(destination);
            ulong length = Math.Min(bytes, Math.Min(from.Left(source), to.Left(destination)));
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

            void* fault = null;
            switch (memory.Copy(destinationAddress, sourceAddress, (nuint)length, &fault))
            {
                case 0:
                    break;
                case GuardedMemory.SourceFault:
                    Report(sourceRange, sourceAddress, length, fault);
                    return TransferResult.BadSource;
                default:
                    Report(destinationRange, destinationAddress, length, fault);
                    return TransferResult.BadDestination;
            }

            bytes -= length;
            from.Offset += length;
            to.Offset += length;
        }

        return TransferResult.Ok;
    }

    /// <summary>Tells the host that memory of a range went away.</summary>
    /// <param name="range">A range that resolved.</param>
    /// <param name="address">To this.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="fault">The address that could not be reached.</param>
    public void Report(in rxe_sge range, byte* address, ulong length, void* fault)
    {
        ulong distance = fault >= address && fault < address + length ? (ulong)((byte*)fault - address) : 0;
        (uint key, ulong offset) = regions.Locate(range, distance);
        events.Fault(key, offset);
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
