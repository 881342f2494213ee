namespace DaxEmu.Nic;

/// <summary>What a queue pair needs after a <see cref="NicEngine.Drain"/>.</summary>
public enum DrainStatus
{
    /// <summary>Nothing until its doorbell rings or <see cref="INicEvents.DrainNeeded"/> names it.</summary>
    Idle,

    /// <summary>There is more to do now; other queue pairs may go first.</summary>
    More,

    /// <summary>
    /// It waits for something that rings no bell: a receive at its peer, a peer that is not ready, late receives of a queue pair in error.
    /// Drain again while polling anyway, and at <see cref="DrainResult.WakeAt"/> at the latest.
    /// </summary>
    Blocked,
}
