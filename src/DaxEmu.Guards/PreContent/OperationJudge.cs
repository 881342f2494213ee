using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.PreContent;

/// <summary>
/// Asks the contract about operations whose callers wait for the answer to an event, on threads that may wait for locks, and gives the
/// answers. An operation that may proceed is in flight until its caller has left it.
/// </summary>
internal sealed class OperationJudge : IDisposable
{
    // A caller has one at a time; who has so many threads that wait is not read any more.
    private const int MostReaders = 64;

    private readonly FanotifyGroup _group;
    private readonly IFileContract _contract;
    private readonly IGuardEvents _events;
    private readonly string _volume;
    private readonly PendingRequests _pending = new();
    private readonly CallerWatch _callers;
    private ulong _lastNumber;
    private int _readers;

    internal OperationJudge(FanotifyGroup group, IFileContract contract, IGuardEvents events, string volume)
    {
        _group = group;
        _contract = contract;
        _events = events;
        _volume = volume;
        _callers = new CallerWatch(events);
    }

    /// <summary>Allows it.</summary>
    internal void Allow(PreContentEvent asked) => Answer(asked, 0);

    /// <summary>
    /// Has an event judged by a thread of its own, for that may wait for what the caller decides; the caller, who waits for the answer, holds up
    /// nobody else.
    /// </summary>
    /// <param name="asked">The event.</param>
    /// <param name="judge">Answers it or hands it over; an exception refuses it. Gets false when so many threads wait that it must not.</param>
    internal void Read(PreContentEvent asked, Action<bool> judge)
    {
        if (Interlocked.Increment(ref _readers) > MostReaders)
        {
            Interlocked.Decrement(ref _readers);
            judge(false);
            return;
        }

        new Thread(() => ReadAndJudge(asked, judge)) { Name = "fanotify reader", IsBackground = true }.Start();
    }

    /// <summary>Has an operation decided and its event answered.</summary>
    /// <param name="asked">The event.</param>
    /// <param name="caller">Who waits.</param>
    /// <param name="describe">The operation; called where it may wait for the file system.</param>
    /// <param name="canCopy">Refused, the caller copies bytes instead: nobody needs to be asked to let go of the blocks.</param>
    internal void Ask(PreContentEvent asked, BlockedCaller caller, Func<LayoutOperation> describe, bool canCopy)
    {
        ulong number = Interlocked.Increment(ref _lastNumber);
        CancellationToken cancellation = _pending.Add(number, null);
        _ = Task.Run(() => DecideAsync(number, asked, caller, describe, canCopy, cancellation), CancellationToken.None);
    }

    /// <summary>Ends all waiting, and answers those who waited.</summary>
    /// <returns>False when some were still without an answer after that time.</returns>
    internal bool EndWaiting(TimeSpan patience) => _pending.End(patience);

    public void Dispose()
    {
        _callers.Dispose();
        _pending.Dispose();
    }

    private void ReadAndJudge(PreContentEvent asked, Action<bool> judge)
    {
        try
        {
            judge(true);
        }
        catch (ObjectDisposedException)
        {
            // The guard has ended meanwhile, and the kernel has let the caller go.
            asked.File.Dispose();
        }
#pragma warning disable CA1031 // An event without an answer would block its thread for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(asked, e);
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    private void Refuse(PreContentEvent asked, Exception cause)
    {
        _events.Warning($"{_volume}: an operation of thread {asked.Thread} could not be judged and was refused", cause);
        Answer(asked, EIO);
    }

    private async Task DecideAsync(
        ulong number, PreContentEvent asked, BlockedCaller caller, Func<LayoutOperation> describe, bool canCopy, CancellationToken cancellation)
    {
        try
        {
            LayoutOperation operation = describe();
            _callers.EndBefore(caller, operation.File);
            if (canCopy && _contract.Forbid(operation, ETXTBSY))
            {
                Answer(asked, ETXTBSY);
                return;
            }

            ValueTask<LayoutDecision> decided = _contract.RequestAsync(operation, cancellation);
            if (!decided.IsCompleted)
            {
                _callers.Add(number, caller, () => _pending.Cancel(number));
            }

            Obey(await decided.ConfigureAwait(false), operation.File, asked, caller);
        }
#pragma warning disable CA1031 // An event without an answer would block its thread for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Refuse(asked, e);
        }
        finally
        {
            _callers.Remove(number);
            _pending.Remove(number);
        }
    }

    private void Obey(LayoutDecision decision, FileIdentity file, PreContentEvent asked, BlockedCaller caller)
    {
        if (decision.Verdict == LayoutVerdict.Proceed)
        {
            OperationUnderWay operation = new(caller, file, asked.File, decision);
            _group.Answer(asked.File, 0);
            _callers.Begin(operation);
            return;
        }

        // A listener can allow or deny, not pretend; and it can deny with few errnos only.
        using (decision)
        {
            Answer(asked, decision.Errno is EPERM or EIO or EBUSY or EAGAIN ? decision.Errno : ETXTBSY);
        }
    }

    private void Answer(PreContentEvent asked, int errno)
    {
        _group.Answer(asked.File, errno);
        asked.File.Dispose();
    }
}
