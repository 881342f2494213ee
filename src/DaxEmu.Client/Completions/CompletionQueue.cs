using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Client;

/// <summary>
/// Where work requests report their end: <c>struct ibv_cq</c>. It can be polled, which is fastest and neither allocates nor makes a
/// system call; or waited for; and work requests can be awaited each by itself, with <see cref="QueuePair.WriteAsync"/> and its
/// like. All three may be mixed: awaited work requests never show in <see cref="Poll"/>. Safe for several threads.
/// </summary>
public sealed class CompletionQueue : IDisposable
{
    private readonly uint _handle;
    private readonly SharedRing _ring;
    private readonly Lock _gate = new();

    // Completions met on the way to those of awaited requests; grows only while both kinds are in use.
    private readonly Queue<WorkCompletion> _setAside = new();
    private TaskCompletionSource? _readable;
    private int _armed;
    private int _disposing;
    private bool _disposed;

    private CompletionQueue(RdmaDevice device, ulong id, uint handle, SharedRing ring)
    {
        Device = device;
        Id = id;
        _handle = handle;
        _ring = ring;
        Owned = new OwnedObjects(this);
    }

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device { get; }

    /// <summary>Completions that it holds at most; it must never get more, or all its queue pairs fail.</summary>
    public int Capacity => _ring.Capacity;

    /// <summary>What events name it by.</summary>
    internal ulong Id { get; }

    internal uint Handle => _handle;

    internal OwnedObjects Owned { get; }

    internal AwaitedRequests Awaited { get; } = new();

    private bool IsWaitedFor => Awaited.Any || Volatile.Read(ref _readable) is not null;

    internal static CompletionQueue Create(RdmaDevice device, int entries, uint channel)
    {
        ulong id = device.NextId();
        string what = $"create_cq({entries} entries)";
        ib_uverbs_create_cq command = new() { user_handle = id, cqe = (uint)entries, comp_channel = (int)channel };
        DriverResponse<ib_uverbs_create_cq_resp, rxe_create_cq_resp> response =
            device.Commands.Write<ib_uverbs_create_cq, DriverResponse<ib_uverbs_create_cq_resp, rxe_create_cq_resp>>(what, IB_USER_VERBS_CMD_CREATE_CQ, command);
        uint handle = response.Core.cq_handle;
        try
        {
            SharedRing ring = SharedRing.ForConsumer(device.Commands.Map(response.Driver.mi), Unsafe.SizeOf<ib_uverbs_wc>());
            return new CompletionQueue(device, id, handle, ring);
        }
        catch
        {
            Destroy(device, handle);
            throw;
        }
    }

    /// <summary>Takes completions: <c>ibv_poll_cq</c>. Allocates nothing and makes no system call.</summary>
    /// <param name="completions">Room for them.</param>
    /// <returns>How many there were, the oldest first; 0 when there are none now.</returns>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    /// <exception cref="DeviceUnavailableException">There are none, and there will be none: the daemon is gone.</exception>
    public unsafe int Poll(Span<WorkCompletion> completions)
    {
        int count = 0;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_setAside.Count != 0)
            {
                while (count < completions.Length && _setAside.TryDequeue(out completions[count]))
                {
                    count++;
                }

                Sort();
            }

            ib_uverbs_wc* entry;
            while (count < completions.Length && (entry = (ib_uverbs_wc*)_ring.Peek()) != null)
            {
                WorkCompletion completion = WorkQueueEntries.ReadCompletion(entry);
                _ring.Release();
                if ((completion.Id & AwaitedRequests.Mark) != 0)
                {
                    Awaited.Complete(completion);
                }
                else
                {
                    completions[count++] = completion;
                }
            }
        }

        if (count == 0)
        {
            Device.ThrowIfLost();
        }

        return count;
    }

    /// <summary>Waits until <see cref="Poll"/> has something to give; another thread may take it first.</summary>
    /// <param name="cancellation">Gives up the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed, before or meanwhile.</exception>
    /// <exception cref="DeviceUnavailableException">The daemon is gone.</exception>
    public Task WaitAsync(CancellationToken cancellation = default)
    {
        Task readable;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (HasCompletions())
            {
                return Task.CompletedTask;
            }

            Device.ThrowIfLost();
            TaskCompletionSource source = _readable ?? new(TaskCreationOptions.RunContinuationsAsynchronously);

            // A full barrier: whoever disarms the queue afterwards sees that somebody waits. See EnsureArmed.
            Interlocked.Exchange(ref _readable, source);
            readable = source.Task;
        }

        EnsureArmed();
        return readable.WaitAsync(cancellation);
    }

    /// <summary>All completions as they come, without end.</summary>
    /// <param name="cancellation">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ObjectDisposedException">It is disposed, before or meanwhile.</exception>
    /// <exception cref="DeviceUnavailableException">The daemon is gone.</exception>
    public async IAsyncEnumerable<WorkCompletion> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        WorkCompletion[] batch = new WorkCompletion[16];
        while (true)
        {
            await WaitAsync(cancellation);
            int count = Poll(batch);
            for (int i = 0; i < count; i++)
            {
                yield return batch[i];
            }
        }
    }

    /// <summary>Disposes the queue pairs that report here, and then itself (<c>ibv_destroy_cq</c>).</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposing, 1) != 0)
        {
            return;
        }

        try
        {
            Owned.DisposeAll();
            Destroy(Device, _handle);
        }
        finally
        {
            lock (_gate)
            {
                _disposed = true;
                _ring.Dispose();
            }

            Fail(new ObjectDisposedException(GetType().FullName));
            Device.Forget(this);
        }
    }

    /// <summary>
    /// Makes sure that a completion wakes somebody, and passes on those that came before that. Of each arming exactly one event
    /// comes, so one flag tells whether one is on its way.
    /// </summary>
    internal void EnsureArmed()
    {
        // After the wait became visible: either this sees that the daemon is gone, or RdmaDevice.OnLost sees the wait.
        if (Device.Lost is { } lost)
        {
            Fail(lost);
            return;
        }

        PassOn();
        if (!IsWaitedFor || Interlocked.CompareExchange(ref _armed, 1, 0) != 0)
        {
            return;
        }

        try
        {
            ib_uverbs_req_notify_cq command = new() { cq_handle = _handle };
            Device.Commands.Write("req_notify_cq", IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, command);
        }
        catch (Exception failure) when (failure is RdmaException or DeviceUnavailableException or ObjectDisposedException)
        {
            Fail(failure);
            return;
        }

        // What completed before the queue was armed makes no event. The same holds for a request that another thread posted
        // while this one was arming, and that relies on it.
        PassOn();
    }

    /// <summary>The event of the last arming came.</summary>
    internal void OnEvent()
    {
        // Disarm before looking: a request that comes later arms anew, one that came before is seen here.
        Interlocked.Exchange(ref _armed, 0);
        EnsureArmed();
    }

    /// <summary>Ends all waits.</summary>
    internal void Fail(Exception exception)
    {
        Interlocked.Exchange(ref _readable, null)?.TrySetException(exception);
        Awaited.Fail(null, exception);
    }

    /// <summary>Gives completions to those who wait for them.</summary>
    internal void PassOn()
    {
        TaskCompletionSource? readable = null;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (HasCompletions())
            {
                readable = Interlocked.Exchange(ref _readable, null);
            }
        }

        readable?.TrySetResult();
    }

    private unsafe bool HasCompletions()
    {
        Sort();
        return _setAside.Count != 0 || _ring.Peek() != null;
    }

    /// <summary>
    /// Passes completions of awaited requests on; while there are such requests, sets others that are in the way aside. Ends at
    /// one that <see cref="Poll"/> is to give.
    /// </summary>
    private unsafe void Sort()
    {
        ib_uverbs_wc* entry;
        while ((entry = (ib_uverbs_wc*)_ring.Peek()) != null)
        {
            if ((entry->wr_id & AwaitedRequests.Mark) != 0)
            {
                Awaited.Complete(WorkQueueEntries.ReadCompletion(entry));
            }
            else if (Awaited.Any && _setAside.Count < Capacity)
            {
                _setAside.Enqueue(WorkQueueEntries.ReadCompletion(entry));
            }
            else
            {
                return;
            }

            _ring.Release();
        }
    }

    private static void Destroy(RdmaDevice device, uint handle) =>
        device.Destroy<ib_uverbs_destroy_cq, ib_uverbs_destroy_cq_resp>(
            "destroy_cq", IB_USER_VERBS_CMD_DESTROY_CQ, new ib_uverbs_destroy_cq { cq_handle = handle });
}
