using DaxEmu.Abi;
using static DaxEmu.Abi.uverbs_attrs_create_qp_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_invoke_write_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_reg_mr_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_default_objects;

namespace DaxEmu.Device.Tests;

/// <summary>Makes ioctls that mostly could be meant, each attribute by what the table says of it: a method that is added is fuzzed as well.</summary>
/// <param name="random">Decides.</param>
/// <param name="commands">Makes the commands that ioctls carry, and knows the objects.</param>
internal sealed class IoctlGenerator(Random random, CommandGenerator commands)
{
    private const int Header = 8;
    private const int ExtendedHeader = Header + 16;
    private const int ManyBytes = 4096;
    private const int ProviderRoom = 64;

    private static readonly Dictionary<ushort, string> Kinds = new()
    {
        [UVERBS_OBJECT_PD] = "pd",
        [UVERBS_OBJECT_CQ] = "cq",
        [UVERBS_OBJECT_QP] = "qp",
        [UVERBS_OBJECT_SRQ] = "srq",
        [UVERBS_OBJECT_AH] = "ah",
        [UVERBS_OBJECT_MR] = "mr",
        [UVERBS_OBJECT_MW] = "mw",
        [UVERBS_OBJECT_ASYNC_EVENT] = "async",
    };

    /// <summary>What a method's objects are.</summary>
    public static string KindOf(IoctlMethod method) => Kinds.GetValueOrDefault(method.Object, "device");

    /// <summary>True of a method that ends its object.</summary>
    public static bool IsDestruction(IoctlMethod method) => method.Name.EndsWith("_destroy", StringComparison.Ordinal);

    /// <summary>True of a method that makes one.</summary>
    public static bool IsCreation(IoctlMethod method) => method.Attributes.Any(a => a.Kind == IoctlAttributeKind.New);

    /// <summary>An ioctl with its header.</summary>
    /// <param name="method">Which.</param>
    /// <param name="command">What it carries, if it is one that carries a command.</param>
    public byte[] Make(IoctlMethod method, CommandShape command)
    {
        TestIoctl ioctl = new(method.Object, method.Method);
        bool carries = method.Attributes.Any(a => a.Id == UVERBS_ATTR_CORE_IN) && method.Name == "invoke_write";
        if (carries)
        {
            byte[] request = commands.Make(command)[(command.IsExtended ? ExtendedHeader : Header)..];
            ioctl.In(UVERBS_ATTR_WRITE_CMD, (ulong)command.Definition.Number)
                .In(UVERBS_ATTR_CORE_IN, request[..Math.Min(request.Length, command.Definition.KnownLength)]);
            if (command.Definition.ResponseLength != 0)
            {
                ioctl.Out(UVERBS_ATTR_CORE_OUT, command.Definition.ResponseLength);
            }

            return ioctl.Out(ib_user_ioctl_cmds.UVERBS_ATTR_UHW_OUT, ProviderRoom).ToBytes();
        }

        foreach (IoctlAttributeSpec spec in method.Attributes.Where(a => a.IsRequired || random.Next(2) == 0))
        {
            switch (spec.Kind)
            {
                case IoctlAttributeKind.In:
                    ioctl.In(spec.Id, ValueOf(method, spec));
                    break;
                case IoctlAttributeKind.Out:
                    ioctl.Out(spec.Id, spec.Known < ManyBytes ? spec.Known : 320);
                    break;
                case IoctlAttributeKind.Handle:
                    ioctl.Handle(spec.Id, commands.Objects.Any(KindOf(method, spec), random));
                    break;
                case IoctlAttributeKind.Channel:
                    ioctl.Handle(spec.Id, commands.Objects.Any(random.Next(2) == 0 ? "channel" : "async", random));
                    break;
                default:
                    ioctl.Handle(spec.Id);
                    break;
            }
        }

        return ioctl.ToBytes();
    }

    // Handles that do not name an object of the method's own kind.
    private static string KindOf(IoctlMethod method, IoctlAttributeSpec spec) => (method.Name, spec.Id) switch
    {
        ("qp_create", UVERBS_ATTR_CREATE_QP_SRQ_HANDLE) => "srq",
        ("qp_create", UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE or UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE) => "cq",
        ("qp_create" or "srq_create" or "reg_mr" or "advise_mr", _) => "pd",
        _ => KindOf(method),
    };

    private byte[] ValueOf(IoctlMethod method, IoctlAttributeSpec spec)
    {
        if ((method.Name, spec.Id) == ("qp_create", UVERBS_ATTR_CREATE_QP_CAP))
        {
            return TestClient.Bytes(new ib_uverbs_qp_cap { max_send_wr = 4, max_recv_wr = 4, max_send_sge = 1, max_recv_sge = 1 });
        }

        byte[] bytes = new byte[Math.Max(spec.Least, spec.Known >= ManyBytes ? 8 * random.Next(5) : spec.Least)];
        byte[] value = TestClient.Bytes(NumberOf(method, spec));
        value.AsSpan(0, Math.Min(bytes.Length, value.Length)).CopyTo(bytes);
        return bytes;
    }

    private ulong NumberOf(IoctlMethod method, IoctlAttributeSpec spec) => (method.Name, spec.Id) switch
    {
        ("reg_mr", UVERBS_ATTR_REG_MR_ADDR or UVERBS_ATTR_REG_MR_IOVA) => CommandGenerator.Address,
        ("reg_mr", UVERBS_ATTR_REG_MR_LENGTH) => (ulong)random.Next(1, 8192),
        ("reg_mr", UVERBS_ATTR_REG_MR_ACCESS_FLAGS) => (ulong)random.Next(16),
        ("qp_create", UVERBS_ATTR_CREATE_QP_TYPE) => (ulong)random.Next(2, 5),
        ("query_gid_table", _) when spec.Known == sizeof(ulong) && spec.Least == sizeof(ulong) => 32,
        ("info_handles", _) => (ulong)random.Next(16),
        _ => (ulong)random.Next(2),
    };
}
