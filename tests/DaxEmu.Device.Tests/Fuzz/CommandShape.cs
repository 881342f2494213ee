using System.Reflection;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.ib_user_verbs;

namespace DaxEmu.Device.Tests;

/// <summary>
/// A served command and the fields of its structs, which are found by the command's name: create_cq has struct ib_uverbs_create_cq and
/// ib_uverbs_create_cq_resp. So a command that is added to the table is fuzzed without a word here.
/// </summary>
internal sealed class CommandShape
{
    private static readonly string[] Destroying = ["destroy_", "dealloc_", "dereg_"];

    private CommandShape(CommandDefinition definition)
    {
        Definition = definition;
        string name = "ib_uverbs_" + definition.Name;
        Request = FieldsOf(name, definition);
        // The one command that shares another's response.
        string response = (definition.Name == "create_xsrq" ? "ib_uverbs_create_srq" : name) + "_resp";
        Response = definition.ResponseLength == 0 ? [] : FieldsOf(response, definition);
        Named = Request.Select(f => f.Kind).FirstOrDefault(kind => kind is not null);
        Made = Response.Select(f => f.Kind).FirstOrDefault(kind => kind is not null);
        IsExtended = (definition.Number & IB_USER_VERBS_CMD_FLAG_EXTENDED) != 0;
        IsDestruction = Destroying.Any(word => definition.Name.StartsWith(word, StringComparison.Ordinal));
    }

    public static CommandShape[] All { get; } = [.. CommandTable.All.OrderBy(c => c.Number).Select(c => new CommandShape(c))];

    public CommandDefinition Definition { get; }

    public CommandField[] Request { get; }

    public CommandField[] Response { get; }

    public bool IsExtended { get; }

    /// <summary>The handle in the request is none any more when it succeeded.</summary>
    public bool IsDestruction { get; }

    /// <summary>The kind of object whose handle the request names first, or null.</summary>
    public string? Named { get; }

    /// <summary>The kind of object whose handle the response brings, or null.</summary>
    public string? Made { get; }

    private static CommandField[] FieldsOf(string name, CommandDefinition definition)
    {
        Type? type = typeof(ib_uverbs_cmd_hdr).Assembly.GetType("DaxEmu.Abi." + name);
        Assert.True(type is not null, $"command {definition.Name} (0x{definition.Number:x}) is served, but there is no struct {name}");
        return [.. FieldsOf(type, 0)];
    }

    private static IEnumerable<CommandField> FieldsOf(Type type, int start)
    {
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public))
        {
            int offset = start + (int)Marshal.OffsetOf(type, field.Name);
            bool isStruct = field.FieldType.IsValueType && !field.FieldType.IsPrimitive && !field.FieldType.IsNested;
            if (!isStruct)
            {
                yield return new CommandField(field.Name, offset, Marshal.SizeOf(field.FieldType));
                continue;
            }

            foreach (CommandField inner in FieldsOf(field.FieldType, offset))
            {
                yield return inner;
            }
        }
    }
}
