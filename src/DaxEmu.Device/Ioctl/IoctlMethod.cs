using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A method that is served.</summary>
/// <param name="Object">object_id.</param>
/// <param name="Method">method_id.</param>
/// <param name="Name">For messages.</param>
/// <param name="Handler">Carries it out.</param>
/// <param name="Attributes">What it takes.</param>
internal sealed record IoctlMethod(
    ushort Object, ushort Method, string Name, IoctlHandler Handler, params IReadOnlyList<IoctlAttributeSpec> Attributes);

/// <summary>Carries out a method.</summary>
internal delegate NicResult IoctlHandler(VerbsContext context, IoctlCall call);
