using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;

namespace DaxEmu.Guards.Fuse;

/// <summary>One request, as it lies in the buffer it was read into.</summary>
internal ref struct FuseRequest
{
    private ReadOnlySpan<byte> _rest;

    internal FuseRequest(ReadOnlySpan<byte> message)
    {
        Header = MemoryMarshal.Read<fuse_in_header>(message);
        _rest = message[Unsafe.SizeOf<fuse_in_header>()..];
    }

    internal fuse_in_header Header { get; }

    /// <summary>Takes the next structure of the body.</summary>
    /// <exception cref="InvalidDataException">The body is too short.</exception>
    internal T Take<T>()
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(_rest, out T value))
        {
            throw new InvalidDataException($"opcode {Header.opcode}: body too short for {typeof(T).Name}");
        }

        _rest = _rest[Unsafe.SizeOf<T>()..];
        return value;
    }

    /// <summary>Takes a name with its NUL.</summary>
    /// <exception cref="InvalidDataException">No NUL is there.</exception>
    internal ReadOnlySpan<byte> TakeName()
    {
        int end = _rest.IndexOf((byte)0);
        if (end < 0)
        {
            throw new InvalidDataException($"opcode {Header.opcode}: a name without an end");
        }

        ReadOnlySpan<byte> name = _rest[..(end + 1)];
        _rest = _rest[(end + 1)..];
        return name;
    }

    /// <summary>Takes so many bytes of data.</summary>
    /// <exception cref="InvalidDataException">Fewer are there.</exception>
    internal ReadOnlySpan<byte> TakeBytes(uint count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException($"opcode {Header.opcode}: {_rest.Length} bytes of data, {count} announced");
        }

        ReadOnlySpan<byte> bytes = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return bytes;
    }
}
