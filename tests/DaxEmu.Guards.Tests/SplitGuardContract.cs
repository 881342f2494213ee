using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests;

/// <summary>The real contract, but check and deed can be made two steps, with a moment between: wrong on purpose.</summary>
/// <param name="contract">The real one.</param>
/// <param name="split">What is wrong.</param>
internal sealed class SplitGuardContract(IFileContract contract, SplitGuardContract.Split split) : ContractDecorator(contract)
{
    internal enum Split
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>An operation's mark is gone before it is carried out.</summary>
        Operation,

        /// <summary>A pin is decided on what the file was before.</summary>
        Pin,
    }

    public override async ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        LayoutDecision decision = await Decorated.RequestAsync(operation, cancellation);
        if (split == Split.Operation)
        {
            decision.Dispose();
            Thread.Yield();
        }

        return decision;
    }

    public override ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        if (split != Split.Pin)
        {
            return Decorated.PinAsync(request, readFacts, cancellation);
        }

        FileFacts before = readFacts();
        Thread.Yield();
        return Decorated.PinAsync(request, () => before, cancellation);
    }
}
