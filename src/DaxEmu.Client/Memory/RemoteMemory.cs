using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DaxEmu.Client;

/// <summary>
/// Memory of a peer: what the peer's program tells this one, so that RDMA can reach it. As text, which
/// <see cref="Parse"/> reads back, it is <c>address,length,rkey</c> in hexadecimal.
/// </summary>
/// <param name="Address">Address of the first byte, in the peer.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="RKey">Remote key of the region it lies in.</param>
public readonly record struct RemoteMemory(ulong Address, ulong Length, uint RKey) : IParsable<RemoteMemory>
{
    /// <summary>A part of it.</summary>
    /// <param name="offset">First byte, counted from <see cref="Address"/>.</param>
    /// <param name="length">Length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches past the end.</exception>
    public RemoteMemory Slice(ulong offset, ulong length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new RemoteMemory(Address + offset, length, RKey);
    }

    /// <summary>What is left of it from an offset on.</summary>
    /// <param name="offset">First byte, counted from <see cref="Address"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The offset is past the end.</exception>
    public RemoteMemory Slice(ulong offset)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        return new RemoteMemory(Address + offset, Length - offset, RKey);
    }

    /// <summary><c>address,length,rkey</c> in hexadecimal.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address:x},{Length:x},{RKey:x}");

    /// <inheritdoc/>
    public static RemoteMemory Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out RemoteMemory memory) ? memory : throw new FormatException($"'{s}' is not address,length,rkey");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RemoteMemory result)
    {
        result = default;
        const NumberStyles hex = NumberStyles.AllowHexSpecifier;
        if (s?.Split(',') is not [string address, string length, string rkey]
            || !ulong.TryParse(address, hex, CultureInfo.InvariantCulture, out ulong first)
            || !ulong.TryParse(length, hex, CultureInfo.InvariantCulture, out ulong count)
            || !uint.TryParse(rkey, hex, CultureInfo.InvariantCulture, out uint key))
        {
            return false;
        }

        result = new RemoteMemory(first, count, key);
        return true;
    }
}
