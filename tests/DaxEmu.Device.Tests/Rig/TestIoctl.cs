using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.rdma_user_ioctl_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>Builds an ioctl as the preload sends it: header, attributes, and behind them what does not fit into eight bytes.</summary>
internal sealed class TestIoctl(ushort @object, ushort method)
{
    private readonly List<(ib_uverbs_attr Attribute, byte[]? Data)> _attributes = [];

    public uint DriverId { get; init; } = rdma_driver_id.RDMA_DRIVER_RXE;

    public uint Reserved2 { get; init; }

    public TestIoctl In<T>(ushort id, T value)
        where T : unmanaged => In(id, TestClient.Bytes(value));

    public TestIoctl In(ushort id, byte[] bytes)
    {
        ulong inline = 0;
        if (bytes.Length <= sizeof(ulong))
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(new Span<ulong>(ref inline)));
        }

        return Raw(new() { attr_id = id, len = (ushort)bytes.Length, flags = UVERBS_ATTR_F_MANDATORY, data = inline }, bytes.Length > sizeof(ulong) ? bytes : null);
    }

    public TestIoctl Out(ushort id, int room) => Raw(new() { attr_id = id, len = (ushort)room, flags = UVERBS_ATTR_F_MANDATORY, data = 0xdead_0000 });

    public TestIoctl Handle(ushort id, ulong handle = 0) => Raw(new() { attr_id = id, flags = UVERBS_ATTR_F_MANDATORY, data = handle });

    public TestIoctl Raw(ib_uverbs_attr attribute, byte[]? data = null)
    {
        _attributes.Add((attribute, data));
        return this;
    }

    public byte[] ToBytes()
    {
        int head = Unsafe.SizeOf<ib_uverbs_ioctl_hdr>() + (_attributes.Count * Unsafe.SizeOf<ib_uverbs_attr>());
        List<byte> bytes =
        [
            .. TestClient.Bytes(new ib_uverbs_ioctl_hdr
            {
                length = (ushort)head,
                object_id = @object,
                method_id = method,
                num_attrs = (ushort)_attributes.Count,
                driver_id = DriverId,
                reserved2 = Reserved2,
            }),
        ];
        int at = head;
        foreach ((ib_uverbs_attr attribute, byte[]? data) in _attributes)
        {
            bytes.AddRange(TestClient.Bytes(data is null ? attribute : attribute with { data = (ulong)at }));
            at += data?.Length ?? 0;
        }

        bytes.AddRange(_attributes.SelectMany(a => a.Data ?? []));
        return [.. bytes];
    }

    /// <summary>What came back through an attribute, by its place: the value, or the bytes.</summary>
    public static Dictionary<int, (ulong Value, byte[] Bytes)> Outputs(TestReply reply)
    {
        Dictionary<int, (ulong, byte[])> outputs = [];
        int head = Unsafe.SizeOf<daxemu_output>();
        for (int at = 0; at < reply.Body.Length;)
        {
            daxemu_output output = MemoryMarshal.Read<daxemu_output>(reply.Body.AsSpan(at));
            outputs.Add(output.attribute, (output.value, reply.Body[(at + head)..(at + head + output.length)]));
            at += head + ((output.length + 7) / 8 * 8);
        }

        return outputs;
    }
}
