using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_user_ioctl_cmds;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.uverbs_attrs_invoke_write_cmd_attr_ids;

namespace DaxEmu.Device;

// ioctl(2): the same objects and the same handlers as write(2)'s commands.
internal sealed partial class VerbsContext
{
    // No driver's response is longer; a client may say that it has more room.
    private const int MostProviderResponse = 1024;
    private const int MostCoreResponse = 4096;

    /// <summary>Carries out an ioctl.</summary>
    public NicResult Execute(IoctlCall call) =>
        _asyncChannel is null
        && call.Method is not { Object: uverbs_default_objects.UVERBS_OBJECT_DEVICE, Method: uverbs_methods_device.UVERBS_METHOD_GET_CONTEXT }
        && call.Method is not { Object: uverbs_default_objects.UVERBS_OBJECT_DEVICE, Method: uverbs_methods_device.UVERBS_METHOD_INVOKE_WRITE }
            ? new NicError(EINVAL, $"{call.Method.Name} needs get_context first")
            : call.Method.Handler(this, call);

    /// <summary>What the rxe driver does not have, though the kernel knows the method.</summary>
    public static NicResult NotOfThisDriver(IoctlCall call) =>
        new NicError(EOPNOTSUPP, $"{call.Method.Name}: the rxe driver has no such operation");

    /// <summary>invoke_write: a command of write(2).</summary>
    public NicResult InvokeWrite(IoctlCall call)
    {
        ulong number = call.Read<ulong>(UVERBS_ATTR_WRITE_CMD);
        if ((number & ~(ulong)(IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_CMD_COMMAND_MASK)) != 0)
        {
            return new NicError(EINVAL, $"invoke_write: command 0x{number:x} has unknown flags");
        }

        if (CommandTable.Find((uint)number) is not { } definition)
        {
            return new NicError(EOPNOTSUPP, $"invoke_write: command 0x{number:x} is not served by this device");
        }

        ReadOnlySpan<byte> request = call.Data(UVERBS_ATTR_CORE_IN);
        int room = call.Length(UVERBS_ATTR_CORE_OUT);
        if (request.Length < definition.RequestLength)
        {
            return new NicError(ENOSPC, $"{definition.Name}: the command has {definition.RequestLength} bytes; {request.Length} came");
        }

        if (room < definition.ResponseLength)
        {
            return new NicError(ENOSPC, $"{definition.Name}: the response has {definition.ResponseLength} bytes; there is room for {room}");
        }

        if (request.Length > definition.KnownLength && request[definition.KnownLength..].ContainsAnyExcept((byte)0))
        {
            return new NicError(EOPNOTSUPP, $"{definition.Name}: the command uses fields that this device does not know");
        }

        byte[] response = new byte[Math.Min(room, MostCoreResponse)];
        NicResult done = Run(call, definition, request, response);
        if (done.IsOk)
        {
            call.Write(UVERBS_ATTR_CORE_OUT, response);
        }

        return done;
    }

    /// <summary>A method that only ends an object: the command of write(2) takes its handle alone.</summary>
    public NicResult DestroyByHandle(IoctlCall call, uint command, ushort attribute) =>
        TryHandle(call, attribute, out uint handle) ? Run(call, command, handle, []) : NoObject(call, attribute);

    // Handles are of 64 bits there; no object has one above 32.
    private static bool TryHandle(IoctlCall call, ushort attribute, out uint handle)
    {
        ulong value = call.Handle(attribute);
        handle = (uint)value;
        return value <= uint.MaxValue;
    }

    private static NicError NoObject(IoctlCall call, ushort attribute) =>
        new(ENOENT, $"{call.Method.Name}: there is no object with the handle {call.Handle(attribute)} of attribute {attribute}");

    private NicResult Run<TRequest>(IoctlCall call, uint command, TRequest request, Span<byte> response)
        where TRequest : unmanaged =>
        CommandTable.Find(command) is { } definition
            ? Run(call, definition, MemoryMarshal.AsBytes(new ReadOnlySpan<TRequest>(in request)), response)
            : new NicError(EOPNOTSUPP, $"{call.Method.Name} is not served by this device");

    private NicResult Run<TRequest, TResponse>(IoctlCall call, uint command, TRequest request, out TResponse response)
        where TRequest : unmanaged
        where TResponse : unmanaged
    {
        response = default;
        return Run(call, command, request, MemoryMarshal.AsBytes(new Span<TResponse>(ref response)));
    }

    private NicResult Run(IoctlCall call, CommandDefinition definition, ReadOnlySpan<byte> request, Span<byte> response)
    {
        // modify_srq's provider answers through an address in what it hands in (daxemu/device.h).
        bool answersThroughRequest =
            definition.Number == ib_uverbs_write_cmds.IB_USER_VERBS_CMD_MODIFY_SRQ && call.Length(UVERBS_ATTR_UHW_IN) == sizeof(ulong);
        byte[] provider = new byte[
            answersThroughRequest ? Unsafe.SizeOf<mminfo>() : Math.Min(call.Length(UVERBS_ATTR_UHW_OUT), MostProviderResponse)];
        Command command = new()
        {
            Request = request,
            ProviderRequest = call.Data(UVERBS_ATTR_UHW_IN),
            Response = response,
            ProviderResponse = provider,
            Segments = call.Segments,
            Descriptors = call.Descriptors,
        };
        NicResult done = Execute(definition, ref command);
        if (done.IsOk)
        {
            call.Reply = command.Reply;
            if (!answersThroughRequest)
            {
                call.Write(UVERBS_ATTR_UHW_OUT, provider);
            }
            else if (provider.ContainsAnyExcept((byte)0))
            {
                call.WriteThrough(UVERBS_ATTR_UHW_IN, provider);
            }
        }

        return done;
    }
}
