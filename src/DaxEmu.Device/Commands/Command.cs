using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>A uverbs command that was found well-formed, and the room for its response.</summary>
internal ref struct Command
{
    /// <summary>The command's own part, at least as long as its struct.</summary>
    public required ReadOnlySpan<byte> Request { get; init; }

    /// <summary>The provider's part (driver_data).</summary>
    public required ReadOnlySpan<byte> ProviderRequest { get; init; }

    /// <summary>Room for the response struct; zeros.</summary>
    public required Span<byte> Response { get; init; }

    /// <summary>Room for the provider's response; zeros.</summary>
    public required Span<byte> ProviderResponse { get; init; }

    /// <summary>The client memory that the command refers to.</summary>
    public required ReadOnlySpan<daxemu_segment> Segments { get; init; }

    /// <summary>The descriptors behind the segments, one each; closed when the command is over.</summary>
    public required IReadOnlyList<SafeFileHandle> Descriptors { get; init; }

    /// <summary>A descriptor to send along with the response, or null. Stays open here.</summary>
    public SafeFileHandle? Reply { get; set; }

    /// <summary>The request; what an older client left out is zeros (the kernel's uverbs_request).</summary>
    public readonly T Read<T>()
        where T : unmanaged
    {
        T value = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        Request[..Math.Min(Request.Length, bytes.Length)].CopyTo(bytes);
        return value;
    }

    /// <summary>Writes the response; what an older client has no room for is cut (the kernel's uverbs_response).</summary>
    public readonly void Respond<T>(T response)
        where T : unmanaged => Write(response, Response);

    /// <summary>Writes the provider's response.</summary>
    public readonly void RespondProvider<T>(T response)
        where T : unmanaged => Write(response, ProviderResponse);

    /// <summary>True when the provider's response has room for a struct.</summary>
    public readonly bool HasProviderRoom<T>()
        where T : unmanaged => ProviderResponse.Length >= Unsafe.SizeOf<T>();

    /// <summary>response_length of an extended response: how much of the struct the client gets.</summary>
    public readonly uint ResponseLength<T>()
        where T : unmanaged => (uint)Math.Min(Response.Length, Unsafe.SizeOf<T>());

    private static void Write<T>(T value, Span<byte> room)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
        bytes[..Math.Min(bytes.Length, room.Length)].CopyTo(room);
    }
}
