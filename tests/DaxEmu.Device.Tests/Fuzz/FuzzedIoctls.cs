using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.uverbs_attrs_invoke_write_cmd_attr_ids;

namespace DaxEmu.Device.Tests;

/// <summary>An open device file that gets ioctl(2)s.</summary>
internal sealed class FuzzedIoctls : FuzzedSession
{
    private const int CommandHeader = 8;
    private const int ExtendedCommandHeader = 24;

    private static readonly int Header = Unsafe.SizeOf<ib_uverbs_ioctl_hdr>();
    private static readonly IoctlMethod[] Methods = [.. IoctlTable.All.OrderBy(m => (m.Object, m.Method))];
    private static readonly IoctlMethod GetContext = Methods.Single(m => m.Name == "get_context");
    private static readonly IoctlMethod InvokeWrite = Methods.Single(m => m.Name == "invoke_write");

    private readonly IoctlGenerator _generator;

    /// <summary>Makes one that is not opened yet.</summary>
    /// <param name="number">0 for the first.</param>
    /// <param name="run">What they share.</param>
    public FuzzedIoctls(int number, FuzzRun run)
        : base(number, run) => _generator = new IoctlGenerator(Random, Generator);

    /// <inheritdoc/>
    protected override byte[] Make(bool isBent)
    {
        byte[] ioctl = _generator.Make(ChooseMethod(), Choose());
        // Its header is as long as that of an extended command.
        return isBent ? Mutator.Bend(ioctl, isExtended: true) : ioctl;
    }

    /// <inheritdoc/>
    protected override byte[] MakeFirst() => _generator.Make(GetContext, CommandShape.All[0]);

    /// <inheritdoc/>
    protected override NicResult Execute(byte[] bytes, daxemu_segment[] segments, SafeFileHandle[] descriptors)
    {
        NicResult<IoctlCall> call = IoctlParser.Parse(bytes, segments, descriptors);
        if (!call.IsOk)
        {
            return call.Error;
        }

        NicResult result = Context.Execute(call.Value);
        IoctlMethod method = call.Value.Method;
        if (result.IsOk)
        {
            Learn(call.Value, bytes);
            Count(method.Name);
        }
        else if (method != InvokeWrite && result.Error.Errno == EOPNOTSUPP)
        {
            // What the rxe driver does not have ends so, behind all checks.
            Count(method.Name);
        }

        return result;
    }

    // Half of them carry commands, without which many objects would not be there.
    private IoctlMethod ChooseMethod()
    {
        while (Random.Next(2) == 0)
        {
            IoctlMethod method = Methods[Random.Next(Methods.Length)];
            string kind = IoctlGenerator.KindOf(method);
            bool isDear = IoctlGenerator.IsCreation(method) ? HasPlenty(kind) : IoctlGenerator.IsDestruction(method) && HasFew(kind);
            if (!isDear || Random.Next(8) == 0)
            {
                return method;
            }
        }

        return InvokeWrite;
    }

    private void Learn(IoctlCall call, byte[] bytes)
    {
        byte[] reply = call.ReplyBody();
        ReadOnlySpan<byte> response = [];
        for (int at = 0; at < reply.Length;)
        {
            daxemu_output output = MemoryMarshal.Read<daxemu_output>(reply.AsSpan(at));
            at += Unsafe.SizeOf<daxemu_output>();
            ib_uverbs_attr attribute = MemoryMarshal.Read<ib_uverbs_attr>(bytes.AsSpan(Header + (output.attribute * Unsafe.SizeOf<ib_uverbs_attr>())));
            bool isNew = call.Method.Attributes.Any(a => a.Id == attribute.attr_id && a.Kind == IoctlAttributeKind.New);
            if (isNew && (output.flags & daxemu_device.DAXEMU_OUTPUT_VALUE) != 0)
            {
                Generator.Objects.Add(IoctlGenerator.KindOf(call.Method), (uint)output.value);
            }
            else if (call.Method == InvokeWrite && attribute.attr_id == UVERBS_ATTR_CORE_OUT)
            {
                response = reply.AsSpan(at, output.length);
            }

            at += (output.length + 7) / 8 * 8;
        }

        if (call.Method == InvokeWrite)
        {
            CommandShape shape = CommandShape.All.First(s => s.Definition.Number == call.Read<ulong>(UVERBS_ATTR_WRITE_CMD));
            byte[] command = [.. new byte[shape.IsExtended ? ExtendedCommandHeader : CommandHeader], .. call.Data(UVERBS_ATTR_CORE_IN)];
            Generator.Learn(shape, command, response);
        }
        else if (IoctlGenerator.IsDestruction(call.Method) && call.Method.Attributes.FirstOrDefault(a => a.Kind == IoctlAttributeKind.Handle) is { } handle)
        {
            Generator.Objects.Remove(IoctlGenerator.KindOf(call.Method), (uint)call.Handle(handle.Id));
        }
    }
}
