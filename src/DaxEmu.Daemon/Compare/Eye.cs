using DaxEmu.Client;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Daemon.Compare;

/// <summary>Looks at the bytes of a region by RDMA, and at those of its file by read(2).</summary>
internal sealed class Eye : IDisposable
{
    private readonly RdmaDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly MemoryRegion _buffer;
    private readonly string _file;
    private QueuePair? _link;

    /// <summary>Opens the device.</summary>
    /// <param name="deviceSocket">The daemon's device socket.</param>
    /// <param name="file">The file, through the mount.</param>
    public Eye(string deviceSocket, string file)
    {
        _device = RdmaDevice.Open(deviceSocket);
        _domain = _device.CreateProtectionDomain();
        _completions = _device.CreateCompletionQueue();
        _buffer = _domain.Allocate(Workload.RegionLength);
        _file = file;
    }

    /// <summary>The bytes last read or to be written.</summary>
    public Span<byte> Buffer => _buffer.Span;

    /// <summary>Makes a fresh queue pair.</summary>
    /// <returns>Its address.</returns>
    public string Relink()
    {
        _link?.Dispose();
        _link = _domain.CreateQueuePair(_completions);
        return _link.Address.ToString();
    }

    /// <summary>Connects the queue pair.</summary>
    public void Connect(QueuePairAddress peer) => _link!.Connect(peer);

    /// <summary>Reads a part of a region into the start of <see cref="Buffer"/>.</summary>
    /// <returns>How it ended; unless it succeeded, the queue pair is of no use any more.</returns>
    public async Task<CompletionStatus> ReadAsync(RemoteMemory region, int offset, int length) =>
        (await _link!.ReadAsync(_buffer.Slice(0, (uint)length), region.Slice((ulong)offset, (ulong)length))).Status;

    /// <summary>Writes the start of <see cref="Buffer"/> into a part of a region.</summary>
    /// <returns>How it ended; unless it succeeded, the queue pair is of no use any more.</returns>
    public async Task<CompletionStatus> WriteAsync(RemoteMemory region, int offset, int length) =>
        (await _link!.WriteAsync(_buffer.Slice(0, (uint)length), region.Slice((ulong)offset, (ulong)length))).Status;

    /// <summary>Has a part of a region made durable.</summary>
    /// <returns>How it ended; unless it succeeded, the queue pair is of no use any more.</returns>
    public async Task<CompletionStatus> FlushAsync(RemoteMemory region, int offset, int length) => (await _link!.RunAsync(
        new SendWorkRequest
        {
            Opcode = SendOpcode.Flush,
            Remote = region.Slice((ulong)offset, (ulong)length),
            FlushTypes = FlushTypes.Persistent,
            FlushLevel = FlushLevel.Range,
        },
        [])).Status;

    /// <summary>All bytes of the file.</summary>
    public byte[] ReadFile()
    {
        using SafeFileHandle file = Open(O_RDONLY);
        byte[] bytes = new byte[RandomAccess.GetLength(file)];
        int done = 0;
        while (done < bytes.Length)
        {
            int read = FileContents.ReadAt(file, bytes.AsSpan(done), done);
            if (read <= 0)
            {
                throw new LinuxException($"read(\"{_file}\", offset {done})", -read);
            }

            done += read;
        }

        return bytes;
    }

    /// <summary>fsync(2).</summary>
    public void Sync()
    {
        using SafeFileHandle file = Open(O_RDWR);
        Check(FileContents.Sync(file, dataOnly: false), $"fsync(\"{_file}\")");
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    private SafeFileHandle Open(int flags)
    {
        Check(FileContents.Open(_file, flags, out SafeFileHandle? file), $"open(\"{_file}\")");
        return file!;
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new LinuxException(call, -result);
        }
    }
}
