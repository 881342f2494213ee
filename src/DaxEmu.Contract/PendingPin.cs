namespace DaxEmu.Contract;

/// <summary>A pin request that waits for the layout operations in flight on its range to end.</summary>
/// <remarks>Its continuations run elsewhere: it is completed under the lock of its file.</remarks>
internal sealed class PendingPin(FileState file, PinRequest request, Func<FileFacts> readFacts, AdmissionRules rules)
    : TaskCompletionSource<PinStep>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The state it waits in, which is kept as long as it waits.</summary>
    internal FileState File { get; } = file;

    /// <summary>What is asked.</summary>
    internal PinRequest Request { get; } = request;

    /// <summary>Reads the file's state when the decision is made.</summary>
    internal Func<FileFacts> ReadFacts { get; } = readFacts;

    /// <summary>What the file must promise.</summary>
    internal AdmissionRules Rules { get; } = rules;
}
