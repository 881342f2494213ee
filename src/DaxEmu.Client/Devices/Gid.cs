using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace DaxEmu.Client;

/// <summary>
/// A port's 128-bit address: <c>union ibv_gid</c>. With RoCE it is an IPv6 address, or an IPv4 address mapped into one, and is
/// written like it.
/// </summary>
public readonly struct Gid : IEquatable<Gid>, IParsable<Gid>
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 16;

    private readonly UInt128 _networkOrder;

    /// <summary>Takes an address from its bytes.</summary>
    /// <param name="bytes">16 bytes, in network order.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has another length.</exception>
    public Gid(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"a GID has {Length} bytes, not {bytes.Length}", nameof(bytes));
        }

        _networkOrder = BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>Whether this is the unused address, all zeros.</summary>
    public bool IsZero => _networkOrder == 0;

    /// <summary>Whether this is an IPv4 address: <c>::ffff:a.b.c.d</c>.</summary>
    public bool IsIPv4 => (_networkOrder >> 32) == 0xffff;

    /// <summary>Writes the 16 bytes, in network order.</summary>
    /// <param name="destination">Room for at least 16 bytes.</param>
    public void CopyTo(Span<byte> destination) =>
        BinaryPrimitives.WriteUInt128BigEndian(destination, _networkOrder);

    /// <inheritdoc/>
    public bool Equals(Gid other) => _networkOrder == other._networkOrder;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Gid other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _networkOrder.GetHashCode();

    /// <summary>The address as IPv6 is written, such as <c>fe80::1</c> or <c>::ffff:10.0.0.1</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return new IPAddress(bytes).ToString();
    }

    /// <inheritdoc/>
    public static Gid Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out Gid gid) ? gid : throw new FormatException($"'{s}' is not a GID, such as fe80::1 or ::ffff:10.0.0.1");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Gid result)
    {
        result = default;
        if (!IPAddress.TryParse(s, out IPAddress? address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Length];
        if (!address.TryWriteBytes(bytes, out _))
        {
            return false;
        }

        result = new Gid(bytes);
        return true;
    }

    /// <summary>Whether two addresses are the same.</summary>
    public static bool operator ==(Gid left, Gid right) => left.Equals(right);

    /// <summary>Whether two addresses differ.</summary>
    public static bool operator !=(Gid left, Gid right) => !left.Equals(right);
}
