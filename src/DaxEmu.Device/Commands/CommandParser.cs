using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_user_verbs;

namespace DaxEmu.Device;

/// <summary>
/// Checks a command's header as the kernel does: ib_uverbs_write and verify_hdr of drivers/infiniband/core/uverbs_main.c.
/// </summary>
internal static class CommandParser
{
    private const int Word = 4;
    private const int ExtendedWord = 8;

    private static readonly int HeaderLength = Unsafe.SizeOf<ib_uverbs_cmd_hdr>();
    private static readonly int ExtendedLength = HeaderLength + Unsafe.SizeOf<ib_uverbs_ex_cmd_hdr>();

    /// <summary>Finds the command and checks its lengths.</summary>
    /// <param name="bytes">As write(2) would have been given.</param>
    /// <param name="segments">The memory that came with it.</param>
    /// <param name="descriptors">The descriptors behind it.</param>
    /// <param name="room">Room for the response, of zeros.</param>
    /// <param name="definition">The command.</param>
    /// <param name="command">Its parts.</param>
    /// <param name="responseLength">Bytes of the room that are the response.</param>
    public static NicResult Parse(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<daxemu_segment> segments, IReadOnlyList<SafeFileHandle> descriptors, Span<byte> room,
        out CommandDefinition? definition, out Command command, out int responseLength)
    {
        definition = null;
        command = default;
        responseLength = 0;
        if (bytes.Length < HeaderLength)
        {
            return new NicError(EINVAL, $"a command has a header of {HeaderLength} bytes; {bytes.Length} came");
        }

        ib_uverbs_cmd_hdr header = MemoryMarshal.Read<ib_uverbs_cmd_hdr>(bytes);
        if ((header.command & ~(IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_CMD_COMMAND_MASK)) != 0)
        {
            return new NicError(EINVAL, $"command 0x{header.command:x} has unknown flags");
        }

        definition = CommandTable.Find(header.command);
        if (definition is null)
        {
            return new NicError(EOPNOTSUPP, $"command 0x{header.command:x} is not served by this device");
        }

        Shape shape = default;
        NicResult fits = (header.command & IB_USER_VERBS_CMD_FLAG_EXTENDED) != 0
            ? CheckExtended(bytes, header, definition, ref shape)
            : Check(bytes, header, definition, ref shape);
        if (!fits.IsOk)
        {
            return fits;
        }

        responseLength = shape.Response + shape.ProviderResponse;
        if (responseLength > room.Length)
        {
            return new NicError(EINVAL, $"{definition.Name}: a response of {responseLength} bytes does not fit in a message");
        }

        command = new Command
        {
            Request = bytes.Slice(shape.Start, shape.Request),
            ProviderRequest = bytes[(shape.Start + shape.Request)..],
            Response = room[..shape.Response],
            ProviderResponse = room[shape.Response..responseLength],
            Segments = segments,
            Descriptors = descriptors,
        };
        return NicResult.Ok;
    }

    private static NicResult Check(ReadOnlySpan<byte> bytes, ib_uverbs_cmd_hdr header, CommandDefinition definition, ref Shape shape)
    {
        int room = header.out_words * Word;
        if (header.in_words * Word != bytes.Length)
        {
            return new NicError(EINVAL, $"{definition.Name}: in_words says {header.in_words * Word} bytes, {bytes.Length} came");
        }

        if (bytes.Length < HeaderLength + definition.RequestLength)
        {
            return TooShort(definition, bytes.Length - HeaderLength);
        }

        if (room < definition.ResponseLength)
        {
            return NoRoom(definition, room);
        }

        shape.Start = HeaderLength;
        shape.Request = definition.RequestLength;
        shape.Response = definition.ResponseLength;
        shape.ProviderResponse = definition.ResponseLength == 0 ? definition.AddressedResponse : room - definition.ResponseLength;
        return NicResult.Ok;
    }

    private static NicResult CheckExtended(
        ReadOnlySpan<byte> bytes, ib_uverbs_cmd_hdr header, CommandDefinition definition, ref Shape shape)
    {
        if (bytes.Length < ExtendedLength)
        {
            return new NicError(
                EINVAL, $"{definition.Name}: an extended command has headers of {ExtendedLength} bytes; {bytes.Length} came");
        }

        ib_uverbs_ex_cmd_hdr extended = MemoryMarshal.Read<ib_uverbs_ex_cmd_hdr>(bytes[HeaderLength..]);
        int said = (header.in_words + extended.provider_in_words) * ExtendedWord;
        if (said != bytes.Length - ExtendedLength)
        {
            return new NicError(EINVAL, $"{definition.Name}: its headers say {said} bytes, {bytes.Length - ExtendedLength} came");
        }

        shape.Start = ExtendedLength;
        shape.Request = header.in_words * ExtendedWord;
        shape.Response = header.out_words * ExtendedWord;
        shape.ProviderResponse = extended.provider_out_words * ExtendedWord;
        if (shape.Request < definition.RequestLength)
        {
            return TooShort(definition, shape.Request);
        }

        if (extended.cmd_hdr_reserved != 0 || (extended.response == 0) != (shape.Response + shape.ProviderResponse == 0))
        {
            return new NicError(EINVAL, $"{definition.Name}: the header's reserved field is set, or its response and out_words disagree");
        }

        if (shape.Response < definition.ResponseLength)
        {
            return NoRoom(definition, shape.Response);
        }

        // What a newer client put behind the struct that we know must be zeros (the kernel's uverbs_request).
        int known = Math.Min(shape.Request, definition.KnownLength);
        return bytes.Slice(ExtendedLength + known, shape.Request - known).ContainsAnyExcept((byte)0)
            ? new NicError(EOPNOTSUPP, $"{definition.Name}: the command uses fields that this device does not know")
            : NicResult.Ok;
    }

    private static NicError TooShort(CommandDefinition definition, int length) =>
        new(ENOSPC, $"{definition.Name}: the command has {definition.RequestLength} bytes; {length} came");

    private static NicError NoRoom(CommandDefinition definition, int length) =>
        new(ENOSPC, $"{definition.Name}: the response has {definition.ResponseLength} bytes; there is room for {length}");

    private struct Shape
    {
        public int Start;
        public int Request;
        public int Response;
        public int ProviderResponse;
    }
}
