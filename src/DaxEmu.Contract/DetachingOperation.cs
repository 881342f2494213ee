namespace DaxEmu.Contract;

/// <summary>An operation under <see cref="Policy.Legacy"/> that is in flight, and the pages that regions must keep of it.</summary>
/// <param name="File">The state it is marked in.</param>
/// <param name="Operation">What was asked.</param>
/// <param name="Policy">The policy it was judged by.</param>
/// <param name="Pins">The pins in its way.</param>
/// <param name="Pages">The pages that they share with the file and that the operation takes.</param>
internal sealed record DetachingOperation(
    FileState File, LayoutOperation Operation, PolicySetting Policy, PinsInTheWay Pins, IReadOnlyList<PinnedPages> Pages);
