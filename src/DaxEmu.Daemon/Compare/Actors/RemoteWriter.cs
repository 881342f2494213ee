using System.Diagnostics;
using System.Globalization;
using DaxEmu.Client;

namespace DaxEmu.Daemon.Compare;

/// <summary>Writes by RDMA what its plan says. Commands: <c>link</c>, <c>connect ADDRESS</c>, <c>write MEMORY COUNT</c>.</summary>
internal sealed class RemoteWriter : IActor
{
    private readonly RdmaDevice _device;
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly MemoryRegion _buffer;
    private readonly WriterPlan _plan;
    private QueuePair? _link;

    /// <summary>Opens the device.</summary>
    /// <param name="deviceSocket">The daemon's device socket.</param>
    /// <param name="plan">What to write.</param>
    public RemoteWriter(string deviceSocket, WriterPlan plan)
    {
        _device = RdmaDevice.Open(deviceSocket);
        _domain = _device.CreateProtectionDomain();
        _completions = _device.CreateCompletionQueue();
        _buffer = _domain.Allocate((long)Workload.Depth * Workload.RegionLength);
        _plan = plan;
    }

    /// <inheritdoc/>
    public async Task<ActorReply> RunAsync(string[] words)
    {
        switch (words)
        {
            case ["link"]:
                _link?.Dispose();
                _link = _domain.CreateQueuePair(_completions);
                return new ActorReply { Address = _link.Address.ToString() };
            case ["connect", string address]:
                _link!.Connect(QueuePairAddress.Parse(address));
                return new ActorReply();
            case ["write", string memory, string count]:
                return await WriteAsync(RemoteMemory.Parse(memory), int.Parse(count, CultureInfo.InvariantCulture));
            default:
                throw new ArgumentException($"\"{string.Join(' ', words)}\" is no command", nameof(words));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _device.Dispose();

    // Ends with the first group of requests of which one failed: the queue pair is of no use then.
    private async Task<ActorReply> WriteAsync(RemoteMemory target, int count)
    {
        List<double> microseconds = new(count);
        List<Task<WorkCompletion>> group = new(Workload.Depth);
        int failed = 0;
        string? status = null;
        for (int done = 0; done < count && failed == 0; done += group.Count)
        {
            group.Clear();
            long start = Stopwatch.GetTimestamp();
            while (group.Count < Workload.Depth && done + group.Count < count)
            {
                PlannedWrite write = _plan.Next();
                long at = (long)group.Count * Workload.RegionLength;
                _buffer.GetSpan(at, write.Length).Fill(write.Fill);
                group.Add(_link!.WriteAsync(
                    _buffer.Slice(at, (uint)write.Length), target.Slice((ulong)write.Offset, (ulong)write.Length)).AsTask());
            }

            foreach (Task<WorkCompletion> request in group)
            {
                WorkCompletion completion = await request;
                if (completion.IsSuccess)
                {
                    microseconds.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                }
                else
                {
                    failed++;
                    status ??= completion.Status.ToString();
                }
            }
        }

        return new ActorReply { Succeeded = microseconds.Count, Failed = failed, Status = status, Microseconds = microseconds };
    }
}
