namespace DaxEmu.Nic;

/// <summary>How the work request at the head of a send queue stands.</summary>
internal enum StepKind
{
    /// <summary>Carried out, or failed.</summary>
    Ended,

    /// <summary>There is more of it to do now.</summary>
    Unfinished,

    /// <summary>It waits for its peer.</summary>
    Waits,
}
