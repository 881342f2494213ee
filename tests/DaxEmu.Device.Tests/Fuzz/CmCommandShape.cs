using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device.Tests;

/// <summary>An rdma_cm command and the fields of its struct, found by its name: a command that is added to the table is fuzzed without a word here.</summary>
internal sealed class CmCommandShape
{
    private const int Numbers = 64;

    private CmCommandShape(CmCommandDefinition definition)
    {
        Definition = definition;
        // The commands that share another's struct.
        string name = definition.Number switch
        {
            RDMA_USER_CM_CMD_LEAVE_MCAST => "destroy_id",
            RDMA_USER_CM_CMD_QUERY_ROUTE => "query",
            _ => definition.Name,
        };
        Type? type = typeof(rdma_ucm_cmd_hdr).Assembly.GetType("DaxEmu.Abi.rdma_ucm_" + name);
        Assert.True(type is not null, $"command {definition.Name} ({definition.Number}) is served, but there is no struct rdma_ucm_{name}");
        Request = [.. FieldsOf(type, 0)];
        Length = Math.Max(Marshal.SizeOf(type), definition.RequestLength);
    }

    public static CmCommandShape[] All { get; } =
        [.. Enumerable.Range(0, Numbers).Select(n => Find((uint)n)).OfType<CmCommandDefinition>().Select(d => new CmCommandShape(d))];

    public CmCommandDefinition Definition { get; }

    public CommandField[] Request { get; }

    /// <summary>Bytes of the request.</summary>
    public int Length { get; }

    // An address is one field, so that it is one that could be meant.
    private static IEnumerable<CommandField> FieldsOf(Type type, int start)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public))
        {
            int offset = start + (int)Marshal.OffsetOf(type, field.Name);
            bool isStruct = field.FieldType.IsValueType && !field.FieldType.IsPrimitive && !field.FieldType.IsNested
                && !field.FieldType.Name.Contains("sockaddr", StringComparison.Ordinal);
            IEnumerable<CommandField> fields = isStruct
                ? FieldsOf(field.FieldType, offset)
                : [new CommandField(field.Name, offset, Marshal.SizeOf(field.FieldType))];
            foreach (CommandField inner in fields)
            {
                yield return inner;
            }
        }
    }

    private static CmCommandDefinition? Find(uint number)
    {
        byte[] command = new byte[Unsafe.SizeOf<rdma_ucm_cmd_hdr>() + 1024];
        MemoryMarshal.Write(command, new rdma_ucm_cmd_hdr { cmd = number, @in = 1024, @out = ushort.MaxValue });
        CmCommandTable.Parse(command, [], new byte[1024], out CmCommandDefinition? definition, out _);
        return definition;
    }
}
