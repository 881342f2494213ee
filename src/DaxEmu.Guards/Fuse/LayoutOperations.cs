using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Guards.PreContent;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Processes;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fuse;

namespace DaxEmu.Guards.Fuse;

/// <summary>SETATTR and FALLOCATE: what may change the blocks under a pin asks the contract first.</summary>
internal sealed class LayoutOperations(
    FuseVolume volume,
    FileOperations files,
    IFileContract contract,
    PendingRequests pending,
    Action<ulong, Func<Memory<byte>, int>> answerLater)
{
    // The decision is null when nobody had to be asked.
    private delegate int CarryOut(LayoutDecision? decision, Span<byte> reply);

    internal int SetAttributes(Node node, ref FuseRequest request, Span<byte> reply, ServingThread thread)
    {
        fuse_setattr_in wish = request.Take<fuse_setattr_in>();
        if ((wish.valid & FATTR_SIZE) == 0)
        {
            return Apply(node, wish, null, reply);
        }

        LayoutOperationKind kind = wish.size == 0 && IsOpening(wish, request.Header)
            ? LayoutOperationKind.OpenTruncate
            : LayoutOperationKind.Truncate;
        return Ask(
            node, kind, LayoutReaches.RangeOf(kind, wish.size, 0), request.Header, reply, thread,
            (decision, body) => Apply(node, wish, decision, body));
    }

    internal int Allocate(Node node, ref FuseRequest request, Span<byte> reply, ServingThread thread)
    {
        fuse_fallocate_in wish = request.Take<fuse_fallocate_in>();
        if (files.Find(wish.fh) is not { } file)
        {
            return -EBADF;
        }

        int Do(LayoutDecision? decision, Span<byte> body)
        {
            if (decision is { Verdict: LayoutVerdict.Pretend })
            {
                return 0;
            }

            ByteRange cut = ByteRange.OfLength(wish.offset, wish.length);
            return Cutting(
                AllocationModes.KindOf(wish.mode) is null ? null : node.Held, cut,
                () =>
                {
                    int done = FileContents.Allocate(file.Descriptor, wish.mode, (long)wish.offset, (long)wish.length);
                    decision?.Settle(done == 0);
                    return done;
                });
        }

        return AllocationModes.KindOf(wish.mode) is { } kind
            ? Ask(node, kind, LayoutReaches.RangeOf(kind, wish.offset, wish.length), request.Header, reply, thread, Do)
            : Do(null, reply);
    }

    // open(O_TRUNC) comes as SETATTR without a handle (fs/fuse/dir.c), as truncate(2) does, which io_uring has not. The caller is still in its
    // system call.
    private static bool IsOpening(in fuse_setattr_in wish, in fuse_in_header header) =>
        (wish.valid & FATTR_FH) == 0 && header.pid != 0 && BlockedSystemCall.Of((int)header.pid) is { IsOpen: true } or { IsWorker: true };

    private int Apply(Node node, fuse_setattr_in wish, LayoutDecision? decision, Span<byte> reply)
    {
        int done = 0;
        bool isPretended = decision is { Verdict: LayoutVerdict.Pretend };
        if ((wish.valid & FATTR_SIZE) != 0 && !isPretended)
        {
            (long size, OpenFile? through) = ((long)wish.size, (wish.valid & FATTR_FH) != 0 ? files.Find(wish.fh) : null);
            done = Cutting(node.Held, ByteRange.From(wish.size), () => through is { IsWritable: true } file
                ? FileContents.SetSizeThrough(file.Descriptor, size)
                : FileContents.SetSize(node.Handle, size));

            // The kernel sends nothing that it writes back before it has the answer (fs/fuse/dir.c, fuse_set_nowrite), and whoever keeps pages
            // waits for that: then the decision is settled afterwards, when it is disposed.
            if (done < 0 || !node.IsCached)
            {
                decision?.Settle(done == 0);
            }
        }

        if (done == 0 && !isPretended)
        {
            done = AttributeOperations.Set(node, wish);
        }

        // After a pretended truncate the kernel is told the size as it is, so that it keeps its pages (fs/fuse/dir.c).
        return done < 0 ? done : AttributeOperations.Get(node, reply);
    }

    // What was held back of the bytes that go, goes with them.
    private static int Cutting(HeldPages? held, ByteRange range, Func<int> cut)
    {
        int ready = held?.BeginCut(range) ?? 0;
        int done = ready < 0 ? ready : cut();
        held?.EndCut(range, isCut: done == 0);
        return done;
    }

    private int Ask(
        Node node,
        LayoutOperationKind kind,
        ByteRange range,
        in fuse_in_header header,
        Span<byte> reply,
        ServingThread thread,
        CarryOut carryOut)
    {
        ulong unique = header.unique;
        LayoutOperation operation = new(node.Identity, volume.ShownPath(node), kind, range, Callers.Of(header));
        CancellationToken interrupted = pending.Add(unique, thread);

        // Who has pinned the range may have to read its pages before they go, and to write them back. Where they are not passed through these
        // are this mount's: a thread that serves it must be left to bring them.
        if (node.IsCached && contract.IsPinned(operation.File, operation.Range))
        {
            Task<LayoutDecision> Decide() => Task.Run(() => contract.RequestAsync(operation, interrupted).AsTask(), CancellationToken.None);
            _ = Task.Run(() => Await(new(Decide()), unique, carryOut), CancellationToken.None);
            return Answer.Later;
        }

        ValueTask<LayoutDecision> asked = contract.RequestAsync(operation, interrupted);
        if (!asked.IsCompleted)
        {
            _ = Await(asked, unique, carryOut);
            return Answer.Later;
        }

        pending.Remove(unique);
        using LayoutDecision decision = asked.Result;
        return Obey(decision, carryOut, reply);
    }

    private async Task Await(ValueTask<LayoutDecision> asked, ulong unique, CarryOut carryOut)
    {
        // However it ends, the caller gets an answer: a failure becomes one where the decision is taken.
        Task<LayoutDecision> decided = asked.AsTask();
        await ((Task)decided).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using LayoutDecision? decision = decided.IsCompletedSuccessfully ? decided.Result : null;
        answerLater(
            unique, reply => decided.IsCanceled ? -EINTR : Obey(decision ?? decided.GetAwaiter().GetResult(), carryOut, reply.Span));
        pending.Remove(unique);
    }

    private static int Obey(LayoutDecision decision, CarryOut carryOut, Span<byte> reply) =>
        decision.Verdict == LayoutVerdict.Refuse ? -decision.Errno : carryOut(decision, reply);
}
