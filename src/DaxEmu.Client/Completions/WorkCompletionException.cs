namespace DaxEmu.Client;

/// <summary>A work request ended with an error.</summary>
public sealed class WorkCompletionException : IOException
{
    /// <summary>Makes the exception for a failed work request.</summary>
    /// <param name="completion">Its completion.</param>
    public WorkCompletionException(WorkCompletion completion)
        : base($"work request {completion.Id} of queue pair {completion.QueuePairNumber} failed: {completion.Status} "
            + $"(status {(int)completion.Status}, vendor error {completion.VendorError})") => Completion = completion;

    /// <summary>The completion.</summary>
    public WorkCompletion Completion { get; }

    /// <summary>How the work request ended.</summary>
    public CompletionStatus Status => Completion.Status;
}
