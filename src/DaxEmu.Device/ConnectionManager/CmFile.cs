using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>One open /dev/infiniband/rdma_cm: its event channel, and the commands written to it. Used by its session's thread alone.</summary>
internal sealed class CmFile : IDisposable
{
    /// <summary>The device file's name.</summary>
    public const string Name = "rdma_cm";

    /// <summary>The device file.</summary>
    public const string Path = "/dev/infiniband/" + Name;

    private readonly CmService _service;
    private readonly CmChannel _channel;
    private readonly CmEventQueue _queue;
    private readonly CmCommands _commands;

    /// <summary>Opens it.</summary>
    /// <param name="service">What all of them share.</param>
    /// <param name="quota">What its user may have.</param>
    /// <param name="userId">Its user.</param>
    /// <exception cref="Linux.LinuxException">The channel cannot be made.</exception>
    public CmFile(CmService service, UserQuota quota, uint userId)
    {
        _service = service;
        _channel = new CmChannel();
        _queue = new CmEventQueue(_channel, quota, userId);
        _commands = new CmCommands(service.Manager, _queue, service.Find);
        service.Add(_channel.ClientEnd, _queue);
    }

    /// <summary>The descriptor for the program.</summary>
    public SafeFileHandle ClientEnd => _channel.ClientEnd;

    /// <summary>Carries out a command.</summary>
    /// <param name="body">Of the write request.</param>
    /// <param name="descriptors">That came along.</param>
    /// <param name="room">For the response.</param>
    /// <param name="length">Bytes of the response.</param>
    /// <returns>Bytes written, as write(2) would say.</returns>
    /// <exception cref="MalformedMessageException">The request is not framed as it must be.</exception>
    public NicResult<int> Write(ReadOnlySpan<byte> body, IReadOnlyList<SafeFileHandle> descriptors, Span<byte> room, out int length)
    {
        length = 0;
        int start = Unsafe.SizeOf<daxemu_write>();
        daxemu_write write = body.Length < start ? default : MemoryMarshal.Read<daxemu_write>(body);
        if (body.Length < start || write.segment_count != 0 || write.command_length != (uint)(body.Length - start))
        {
            throw new MalformedMessageException(
                $"an rdma_cm write request of {body.Length} bytes has no segments and {body.Length - start} bytes of command");
        }

        room.Clear();
        NicResult result = CmCommandTable.Parse(
            body[start..], descriptors, room, out CmCommandDefinition? definition, out CmCommand command);
        if (result.IsOk)
        {
            result = definition!.Handler(_commands, ref command);
        }

        length = command.Length;
        return result.IsOk ? (int)write.command_length : result.Error;
    }

    /// <summary>Frees all that came from it; peers are told.</summary>
    public void Dispose()
    {
        _service.Manager.Close(_queue);
        _service.Remove(_channel.ClientEnd);
        _channel.Dispose();
    }
}
