namespace DaxEmu.Client;

/// <content>
/// Work requests that are awaited one by one. They end with their completion, successful or not: see
/// <see cref="WorkCompletion.EnsureSuccess"/>. Cancelling gives up the wait, not the work request: its memory must stay registered
/// and untouched until the queue pair is disposed or has failed.
/// </content>
public sealed partial class QueuePair
{
    /// <summary>Sends a message into a receive of the peer.</summary>
    /// <param name="local">The message.</param>
    /// <param name="cancellation">Gives up the wait, not the send.</param>
    /// <returns>Its completion.</returns>
    /// <exception cref="RdmaException">ENOMEM: the queue is full. EINVAL: the request is not valid, or the queue pair is not ready.</exception>
    /// <exception cref="ObjectDisposedException">The queue pair is disposed, before or meanwhile.</exception>
    /// <exception cref="DeviceUnavailableException">The daemon is gone.</exception>
    public ValueTask<WorkCompletion> SendAsync(ScatterGather local, CancellationToken cancellation = default) =>
        RunAsync(new SendWorkRequest { Opcode = SendOpcode.Send }, new ReadOnlySpan<ScatterGather>(in local), cancellation);

    /// <summary>Writes into the peer's memory, without the peer's program taking part.</summary>
    /// <param name="local">The data.</param>
    /// <param name="remote">Where it goes, at least as long.</param>
    /// <param name="cancellation">Gives up the wait, not the write.</param>
    /// <inheritdoc cref="SendAsync"/>
    public ValueTask<WorkCompletion> WriteAsync(ScatterGather local, RemoteMemory remote, CancellationToken cancellation = default) =>
        RunAsync(
            new SendWorkRequest { Opcode = SendOpcode.Write, Remote = remote }, new ReadOnlySpan<ScatterGather>(in local), cancellation);

    /// <summary>Reads from the peer's memory, without the peer's program taking part.</summary>
    /// <param name="local">Where the data goes; as many bytes are read.</param>
    /// <param name="remote">Where it comes from, at least as long.</param>
    /// <param name="cancellation">Gives up the wait, not the read.</param>
    /// <inheritdoc cref="SendAsync"/>
    public ValueTask<WorkCompletion> ReadAsync(ScatterGather local, RemoteMemory remote, CancellationToken cancellation = default) =>
        RunAsync(
            new SendWorkRequest { Opcode = SendOpcode.Read, Remote = remote }, new ReadOnlySpan<ScatterGather>(in local), cancellation);

    /// <summary>Replaces 8 bytes of the peer's memory, atomically, if they have an expected value.</summary>
    /// <param name="local">8 bytes: gets the value that was there.</param>
    /// <param name="remote">Where the value is, aligned to 8 bytes.</param>
    /// <param name="expected">The value to replace.</param>
    /// <param name="replacement">The value to put there.</param>
    /// <param name="cancellation">Gives up the wait, not the operation.</param>
    /// <inheritdoc cref="SendAsync"/>
    public ValueTask<WorkCompletion> CompareSwapAsync(
        ScatterGather local, RemoteMemory remote, ulong expected, ulong replacement, CancellationToken cancellation = default) =>
        RunAsync(
            CompareSwap(0, remote, expected, replacement, SendFlags.None), new ReadOnlySpan<ScatterGather>(in local), cancellation);

    /// <summary>Adds to 8 bytes of the peer's memory, atomically.</summary>
    /// <param name="local">8 bytes: gets the value that was there.</param>
    /// <param name="remote">Where the value is, aligned to 8 bytes.</param>
    /// <param name="addend">What to add.</param>
    /// <param name="cancellation">Gives up the wait, not the operation.</param>
    /// <inheritdoc cref="SendAsync"/>
    public ValueTask<WorkCompletion> FetchAddAsync(
        ScatterGather local, RemoteMemory remote, ulong addend, CancellationToken cancellation = default) =>
        RunAsync(FetchAdd(0, remote, addend, SendFlags.None), new ReadOnlySpan<ScatterGather>(in local), cancellation);

    /// <summary>Runs any send request.</summary>
    /// <param name="request">The request; its id is not used, and it leaves a completion whatever its flags say.</param>
    /// <param name="local">Its local memory.</param>
    /// <param name="cancellation">Gives up the wait, not the request.</param>
    /// <inheritdoc cref="SendAsync"/>
    public ValueTask<WorkCompletion> RunAsync(
        in SendWorkRequest request, ReadOnlySpan<ScatterGather> local, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<WorkCompletion>(cancellation);
        }

        AwaitedRequest awaited = _sendCompletions.Awaited.Rent(this, out ulong id);
        bool isPosted = false;
        try
        {
            isPosted = TryPostUnmarked(id, request with { Flags = request.Flags | SendFlags.Signaled }, local);
        }
        finally
        {
            if (!isPosted)
            {
                _sendCompletions.Awaited.Abandon(awaited);
            }
        }

        return isPosted ? End(awaited, _sendCompletions, cancellation) : throw Full("post_send", _send);
    }

    /// <summary>Posts a receive and waits until a message of the peer has filled it.</summary>
    /// <param name="local">The memory.</param>
    /// <param name="cancellation">Gives up the wait, not the receive, which stays posted: its message is lost.</param>
    /// <inheritdoc cref="SendAsync"/>
    public ValueTask<WorkCompletion> ReceiveAsync(ScatterGather local, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<WorkCompletion>(cancellation);
        }

        AwaitedRequest awaited = _receiveCompletions.Awaited.Rent(this, out ulong id);
        bool isPosted = false;
        try
        {
            isPosted = TryPostReceiveUnmarked(id, new ReadOnlySpan<ScatterGather>(in local));
        }
        finally
        {
            if (!isPosted)
            {
                _receiveCompletions.Awaited.Abandon(awaited);
            }
        }

        return isPosted ? End(awaited, _receiveCompletions, cancellation) : throw Full("post_recv", _receive);
    }

    private static ValueTask<WorkCompletion> End(AwaitedRequest awaited, CompletionQueue completions, CancellationToken cancellation)
    {
        ValueTask<WorkCompletion> task = awaited.Task;
        completions.EnsureArmed();
        if (cancellation.CanBeCanceled)
        {
            awaited.CancelWith(cancellation);
        }

        return task;
    }
}
