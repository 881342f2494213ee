using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Device.Tests;

/// <summary>Makes commands that mostly could be meant: each field gets what its name asks for, handles are those of living objects.</summary>
/// <param name="random">Decides.</param>
internal sealed class CommandGenerator(Random random)
{
    /// <summary>Where the memory of the client lies.</summary>
    public const ulong Address = 0x10_0000;

    /// <summary>How long it is.</summary>
    public const uint Length = 65536;

    private const int Header = 8;
    private const int ExtendedHeader = Header + 16;

    // Room for what the rxe provider wants to know.
    private const int ProviderRoom = 64;

    private const uint Flushes = IB_UVERBS_ACCESS_FLUSH_GLOBAL | IB_UVERBS_ACCESS_FLUSH_PERSISTENT;

    private const uint Connection = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;

    // Transitions of the three transports: the tables of ib_modify_qp_is_ok.
    private static readonly (uint State, uint Mask)[] Transitions =
    [
        (IBV_QPS_RESET, IBV_QP_STATE),
        (IBV_QPS_INIT, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS),
        (IBV_QPS_INIT, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY),
        (IBV_QPS_RTR, Connection | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER),
        (IBV_QPS_RTR, Connection),
        (IBV_QPS_RTR, IBV_QP_STATE),
        (IBV_QPS_RTS, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC),
        (IBV_QPS_RTS, IBV_QP_STATE | IBV_QP_SQ_PSN),
        (IBV_QPS_SQD, IBV_QP_STATE),
        (IBV_QPS_ERR, IBV_QP_STATE),
    ];

    private static readonly uint[] Types = [(uint)IBV_QPT_RC, (uint)IBV_QPT_UC, (uint)IBV_QPT_UD];
    private static readonly byte[] Gid = IPAddress.Loopback.MapToIPv6().GetAddressBytes();
    private static readonly byte[] MulticastGid = IPAddress.Parse("ff0e::ffff:e000:1").GetAddressBytes();

    /// <summary>What there is to name.</summary>
    public LiveObjects Objects { get; } = new();

    /// <summary>Numbers of queue pairs to connect to.</summary>
    public List<uint> QueuePairNumbers { get; } = [];

    /// <summary>Numbers of queue pairs that are not its own.</summary>
    public IReadOnlyList<uint> Strangers { get; init; } = [];

    /// <summary>A command with its header.</summary>
    public byte[] Make(CommandShape shape)
    {
        int start = shape.IsExtended ? ExtendedHeader : Header;
        int provider = random.Next(4) == 0 ? sizeof(ulong) : 0;
        int request = shape.IsExtended ? (shape.Definition.KnownLength + 7) / 8 * 8 : shape.Definition.RequestLength;
        byte[] command = new byte[start + request + provider];
        Span<byte> body = command.AsSpan(start, request);
        (uint State, uint Mask) transition = Transitions[random.Next(Transitions.Length)];
        foreach (CommandField field in shape.Request)
        {
            Fill(field, body.Slice(field.Offset, field.Length), transition);
        }

        int room = shape.Definition.ResponseLength;
        ib_uverbs_cmd_hdr header = new() { command = shape.Definition.Number };
        if (shape.IsExtended)
        {
            header.in_words = (ushort)(request / 8);
            header.out_words = (ushort)((room + 7) / 8);
            ib_uverbs_ex_cmd_hdr extended = new()
            {
                response = 1,
                provider_in_words = (ushort)(provider / 8),
                provider_out_words = ProviderRoom / 8,
            };
            MemoryMarshal.Write(command.AsSpan(Header), in extended);
        }
        else
        {
            header.in_words = (ushort)(command.Length / 4);
            header.out_words = (ushort)(room == 0 ? 0 : (room + ProviderRoom) / 4);
        }

        MemoryMarshal.Write(command, in header);
        return command;
    }

    /// <summary>Remembers what a command has made or destroyed.</summary>
    public void Learn(CommandShape shape, ReadOnlySpan<byte> command, ReadOnlySpan<byte> response)
    {
        foreach (CommandField field in shape.Response)
        {
            if (field.Length != sizeof(uint) || field.Offset + field.Length > response.Length)
            {
                continue;
            }

            uint value = MemoryMarshal.Read<uint>(response[field.Offset..]);
            if (field.Kind is { } kind)
            {
                Objects.Add(kind, value);
            }
            else if (field.Name == "qpn")
            {
                QueuePairNumbers.Add(value);
            }
        }

        if (!shape.IsDestruction)
        {
            return;
        }

        CommandField handle = shape.Request.FirstOrDefault(f => f.Kind is not null);
        int at = (shape.IsExtended ? ExtendedHeader : Header) + handle.Offset;
        if (handle.Kind is not null && at + sizeof(uint) <= command.Length)
        {
            Objects.Remove(handle.Kind, MemoryMarshal.Read<uint>(command[at..]));
        }
    }

    private void Fill(CommandField field, Span<byte> bytes, (uint State, uint Mask) transition)
    {
        if (field.Length == 16)
        {
            (field.Name == "gid" ? MulticastGid : Gid).CopyTo(bytes);
            return;
        }

        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, ValueOf(field, transition));
        word[..Math.Min(field.Length, sizeof(ulong))].CopyTo(bytes);
    }

    private ulong ValueOf(CommandField field, (uint State, uint Mask) transition)
    {
        if (field.Name == "comp_channel" && (random.Next(2) == 0 || Objects.CountOf("channel") == 0))
        {
            return ulong.MaxValue;
        }

        if (field.Kind is { } kind)
        {
            return Objects.Any(kind, random);
        }

        switch (field.Name)
        {
            case "response" or "user_handle":
                return (ulong)random.NextInt64();
            case "start" or "hca_va":
                return Address + ((ulong)random.Next(2) * 4096);
            case "length":
                return (ulong)random.Next(1, 8192);
            case "attr_mask":
                return transition.Mask;
            case "qp_state":
                return transition.State;
            case "dest_qp_num" when Strangers.Count != 0 && random.Next(4) == 0:
                return Strangers[random.Next(Strangers.Count)];
            case "dest_qp_num" or "mcg_handle" when QueuePairNumbers.Count != 0:
                return QueuePairNumbers[random.Next(QueuePairNumbers.Count)];
            case "qp_type":
                return Types[random.Next(Types.Length)];
            case "sgid_index":
                return 3;
            case "access_flags" or "qp_access_flags":
                return (uint)random.Next(16) | (random.Next(8) == 0 ? Flushes : 0);
            case "cqe" or "max_send_wr" or "max_recv_wr" or "max_wr" or "max_sge" or "max_send_sge" or "max_recv_sge" or "path_mtu"
                or "mw_type" or "srq_type":
                return (ulong)random.Next(1, 5);
            case "port_num" or "is_global" or "max_dest_rd_atomic" or "max_rd_atomic":
                return 1;
            case "min_rnr_timer" or "timeout" or "retry_cnt" or "rnr_retry" or "srq_limit" or "max_inline_data":
                return (ulong)random.Next(8);
            case "is_srq" or "solicited_only" or "sq_sig_all":
                return random.Next(4) == 0 ? 1UL : 0;
            default:
                return 0;
        }
    }
}
