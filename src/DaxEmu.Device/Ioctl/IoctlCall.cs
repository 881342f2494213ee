using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>An ioctl that was found well-formed, and what it gives back.</summary>
internal sealed class IoctlCall
{
    private readonly byte[] _bytes;
    private readonly Dictionary<ushort, (int Place, ib_uverbs_attr Attribute, IoctlAttributeSpec Spec)> _attributes = [];
    private readonly List<(int Place, uint Flags, ulong Value, byte[] Data)> _outputs = [];

    /// <summary>Makes a call without attributes.</summary>
    /// <param name="method">Which.</param>
    /// <param name="bytes">The header, the attributes and the data behind; copied.</param>
    /// <param name="segments">The client memory that it refers to; copied.</param>
    /// <param name="descriptors">The descriptors behind the segments.</param>
    public IoctlCall(
        IoctlMethod method, ReadOnlySpan<byte> bytes, ReadOnlySpan<daxemu_segment> segments, IReadOnlyList<SafeFileHandle> descriptors)
    {
        Method = method;
        _bytes = bytes.ToArray();
        Segments = segments.ToArray();
        Descriptors = descriptors;
    }

    /// <summary>The method.</summary>
    public IoctlMethod Method { get; }

    /// <summary>The client memory that the call refers to.</summary>
    public daxemu_segment[] Segments { get; }

    /// <summary>The descriptors behind the segments.</summary>
    public IReadOnlyList<SafeFileHandle> Descriptors { get; }

    /// <summary>A descriptor to send along with the reply, or null. Stays open here.</summary>
    public SafeFileHandle? Reply { get; set; }

    /// <summary>Adds an attribute; false when it is there already.</summary>
    public bool TryAdd(int place, ib_uverbs_attr attribute, IoctlAttributeSpec spec) =>
        _attributes.TryAdd(attribute.attr_id, (place, attribute, spec));

    /// <summary>True when the client gave an attribute.</summary>
    public bool Has(ushort id) => _attributes.ContainsKey(id);

    /// <summary>An attribute's length: of its bytes, or of its room; 0 when it is not there.</summary>
    public int Length(ushort id) => _attributes.TryGetValue(id, out (int, ib_uverbs_attr Attribute, IoctlAttributeSpec) found) ? found.Attribute.len : 0;

    /// <summary>The bytes of an attribute that hands in; none when it is not there.</summary>
    public ReadOnlySpan<byte> Data(ushort id)
    {
        if (!_attributes.TryGetValue(id, out (int Place, ib_uverbs_attr Attribute, IoctlAttributeSpec) found))
        {
            return [];
        }

        (int start, int length) = Locate(found.Place, found.Attribute);
        return _bytes.AsSpan(start, length);
    }

    /// <summary>False when an attribute's bytes lie outside the message.</summary>
    public bool HoldsData(int place, ib_uverbs_attr attribute) =>
        attribute.len <= sizeof(ulong) || (attribute.data <= (ulong)_bytes.Length && attribute.len <= (ulong)_bytes.Length - attribute.data);

    /// <summary>The bytes of an attribute that <see cref="HoldsData"/>.</summary>
    public ReadOnlySpan<byte> DataOf(int place, ib_uverbs_attr attribute)
    {
        (int start, int length) = Locate(place, attribute);
        return _bytes.AsSpan(start, length);
    }

    /// <summary>A value, 0 in what the client left out.</summary>
    public T Read<T>(ushort id)
        where T : unmanaged
    {
        T value = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        ReadOnlySpan<byte> data = Data(id);
        data[..Math.Min(data.Length, bytes.Length)].CopyTo(bytes);
        return value;
    }

    /// <summary>A handle, or a channel's id; 0 when it is not there.</summary>
    public ulong Handle(ushort id) => _attributes.TryGetValue(id, out (int, ib_uverbs_attr Attribute, IoctlAttributeSpec) found) ? found.Attribute.data : 0;

    /// <summary>Gives back a value; what there is no room for is cut. Nothing when the client did not ask for it.</summary>
    public void Write<T>(ushort id, T value)
        where T : unmanaged => Write(id, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Gives back bytes.</summary>
    public void Write(ushort id, ReadOnlySpan<byte> value)
    {
        if (_attributes.TryGetValue(id, out (int Place, ib_uverbs_attr Attribute, IoctlAttributeSpec) found))
        {
            _outputs.Add((found.Place, 0, 0, value[..Math.Min(value.Length, found.Attribute.len)].ToArray()));
        }
    }

    /// <summary>Gives back bytes to the address that an attribute hands in.</summary>
    public void WriteThrough(ushort id, byte[] value) => _outputs.Add((_attributes[id].Place, 0, 0, value));

    /// <summary>Gives back a new object's handle, or a channel's id.</summary>
    public void WriteHandle(ushort id, uint handle)
    {
        if (_attributes.TryGetValue(id, out (int Place, ib_uverbs_attr, IoctlAttributeSpec) found))
        {
            _outputs.Add((found.Place, daxemu_device.DAXEMU_OUTPUT_VALUE, handle, []));
        }
    }

    /// <summary>The reply's body: shorter than a message, as handlers see to it.</summary>
    public byte[] ReplyBody()
    {
        byte[] body = new byte[_outputs.Sum(output => Unsafe.SizeOf<daxemu_output>() + Padded(output.Data.Length))];
        int at = 0;
        foreach ((int place, uint flags, ulong value, byte[] data) in _outputs)
        {
            daxemu_output head = new() { attribute = (ushort)place, length = (ushort)data.Length, flags = flags, value = value };
            MemoryMarshal.Write(body.AsSpan(at), in head);
            at += Unsafe.SizeOf<daxemu_output>();
            data.CopyTo(body, at);
            at += Padded(data.Length);
        }

        return body;
    }

    private static int Padded(int length) => (length + 7) / 8 * 8;

    // At most 8 bytes lie in the attribute's data field.
    private static (int Start, int Length) Locate(int place, ib_uverbs_attr attribute)
    {
        int field = Unsafe.SizeOf<ib_uverbs_ioctl_hdr>() + (place * Unsafe.SizeOf<ib_uverbs_attr>()) + sizeof(ulong);
        return (attribute.len <= sizeof(ulong) ? field : (int)attribute.data, attribute.len);
    }
}
