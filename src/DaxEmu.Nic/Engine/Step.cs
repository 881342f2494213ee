namespace DaxEmu.Nic;

/// <summary>What became of the work request at the head of a send queue.</summary>
/// <param name="Kind">How it stands.</param>
/// <param name="Status">With <see cref="StepKind.Ended"/>: IBV_WC_*.</param>
/// <param name="WakeAt">With <see cref="StepKind.Waits"/>: when to look again.</param>
internal readonly record struct Step(StepKind Kind, uint Status, long WakeAt)
{
    public static Step Unfinished => new(StepKind.Unfinished, 0, 0);

    public static Step Ended(uint status) => new(StepKind.Ended, status, 0);

    public static Step Waits(long until) => new(StepKind.Waits, 0, until);
}
