using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>An rdma_cm command that was found well-formed, and the room for its response.</summary>
internal ref struct CmCommand
{
    /// <summary>The command's own part, at least as long as its definition asks.</summary>
    public required ReadOnlySpan<byte> Request { get; init; }

    /// <summary>What follows the command: the value of an option.</summary>
    public required ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Room for the response.</summary>
    public required Span<byte> Room { get; init; }

    /// <summary>The descriptors that came along; closed when the command is over.</summary>
    public required IReadOnlyList<SafeFileHandle> Descriptors { get; init; }

    /// <summary>Bytes of the response so far.</summary>
    public int Length { get; private set; }

    /// <summary>The request; what an older client left out is zeros.</summary>
    public readonly T Read<T>()
        where T : unmanaged
    {
        T value = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        Request[..Math.Min(Request.Length, bytes.Length)].CopyTo(bytes);
        return value;
    }

    /// <summary>Adds to the response; what the client has no room for is cut.</summary>
    public void Respond<T>(in T response)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in response));
        int fits = Math.Min(Unsafe.SizeOf<T>(), Room.Length - Length);
        bytes[..fits].CopyTo(Room[Length..]);
        Length += fits;
    }
}
