using System.Runtime.CompilerServices;

namespace DaxEmu.Device;

/// <summary>An attribute that a method takes (struct uverbs_attr_spec of the kernel).</summary>
/// <param name="Id">attr_id.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Least">Fewest bytes; 0 for handles.</param>
/// <param name="Known">Bytes that are known here.</param>
/// <param name="MayBeLonger">A newer client may give more: in, those must be zeros; out, they are not written.</param>
/// <param name="IsRequired">The method does not go without.</param>
internal sealed record IoctlAttributeSpec(ushort Id, IoctlAttributeKind Kind, int Least, int Known, bool MayBeLonger, bool IsRequired)
{
    /// <summary>A value of exactly a type's size (UVERBS_ATTR_TYPE).</summary>
    public static IoctlAttributeSpec In<T>(ushort id, bool required = true)
        where T : unmanaged => new(id, IoctlAttributeKind.In, Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>(), false, required);

    /// <summary>A struct that may grow (UVERBS_ATTR_STRUCT).</summary>
    public static IoctlAttributeSpec InStruct<T>(ushort id)
        where T : unmanaged => new(id, IoctlAttributeKind.In, Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>(), true, true);

    /// <summary>Flags, of 4 or 8 bytes (UVERBS_ATTR_FLAGS_IN).</summary>
    public static IoctlAttributeSpec Flags(ushort id, bool required = false) =>
        new(id, IoctlAttributeKind.In, sizeof(uint), sizeof(ulong), false, required);

    /// <summary>Bytes of any length (UVERBS_ATTR_MIN_SIZE).</summary>
    public static IoctlAttributeSpec InBytes(ushort id, int least = 0) => new(id, IoctlAttributeKind.In, least, ushort.MaxValue, false, false);

    /// <summary>Room for a value of exactly a type's size.</summary>
    public static IoctlAttributeSpec Out<T>(ushort id, bool required = true)
        where T : unmanaged => new(id, IoctlAttributeKind.Out, Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>(), false, required);

    /// <summary>Room for a struct that may grow.</summary>
    public static IoctlAttributeSpec OutStruct<T>(ushort id)
        where T : unmanaged => new(id, IoctlAttributeKind.Out, Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>(), true, true);

    /// <summary>Room for bytes of any length.</summary>
    public static IoctlAttributeSpec OutBytes(ushort id, int least = 0, bool required = false) =>
        new(id, IoctlAttributeKind.Out, least, ushort.MaxValue, false, required);

    /// <summary>An object's handle.</summary>
    public static IoctlAttributeSpec Handle(ushort id, bool required = true) => new(id, IoctlAttributeKind.Handle, 0, 0, false, required);

    /// <summary>A new object's handle.</summary>
    public static IoctlAttributeSpec New(ushort id) => new(id, IoctlAttributeKind.New, 0, 0, false, true);

    /// <summary>An event channel.</summary>
    public static IoctlAttributeSpec Channel(ushort id) => new(id, IoctlAttributeKind.Channel, 0, 0, false, false);
}
