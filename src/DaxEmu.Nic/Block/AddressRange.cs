namespace DaxEmu.Nic;

/// <summary>Addresses that a client names, against those that a region or window has. Either may be anything.</summary>
internal static class AddressRange
{
    /// <summary>True when bytes lie inside; no sum of what a client says can overflow here.</summary>
    /// <param name="start">The first address of the region or window.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="address">The first address asked for.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="offset">Of the first one, from the start; only when they lie inside.</param>
    public static bool TryOffset(ulong start, ulong length, ulong address, ulong bytes, out ulong offset)
    {
        offset = address - start;
        return address >= start && offset <= length && bytes <= length - offset;
    }
}
