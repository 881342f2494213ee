using System.Runtime.CompilerServices;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A command that is served.</summary>
/// <param name="Number">Its number, with the flag of an extended one.</param>
/// <param name="Name">For messages.</param>
/// <param name="RequestLength">Bytes of its struct that must be there.</param>
/// <param name="KnownLength">Bytes of its struct.</param>
/// <param name="ResponseLength">Least bytes of room for its response; 0 when it has none.</param>
/// <param name="Handler">Carries it out.</param>
internal sealed record CommandDefinition(
    uint Number, string Name, int RequestLength, int KnownLength, int ResponseLength, CommandHandler Handler)
{
    /// <summary>
    /// Bytes that the kernel would write to an address that the provider's part holds; the reply carries them (daxemu/device.h). 0: none.
    /// </summary>
    public int AddressedResponse { get; init; }

    /// <summary>A command with a response.</summary>
    public static CommandDefinition Of<TRequest, TResponse>(uint number, string name, CommandHandler handler)
        where TRequest : unmanaged
        where TResponse : unmanaged =>
            new(number, name, Unsafe.SizeOf<TRequest>(), Unsafe.SizeOf<TRequest>(), Unsafe.SizeOf<TResponse>(), handler);

    /// <summary>A command without a response.</summary>
    public static CommandDefinition Of<TRequest>(uint number, string name, CommandHandler handler)
        where TRequest : unmanaged => new(number, name, Unsafe.SizeOf<TRequest>(), Unsafe.SizeOf<TRequest>(), 0, handler);
}

/// <summary>Carries out a command.</summary>
internal delegate NicResult CommandHandler(VerbsContext context, ref Command command);
