namespace DaxEmu.Contract;

/// <summary>Keeps the contract's events. Safe for any number of threads.</summary>
public interface IContractJournal
{
    /// <summary>
    /// Keeps an event and gives it its sequence number. Called under the lock of the event's file: must be quick, must not throw and
    /// must not call the contract.
    /// </summary>
    void Append(ContractEvent entry);

    /// <summary>The events still kept, by sequence; of one file or of all.</summary>
    IReadOnlyList<ContractEvent> Of(FileIdentity? file = null);

    /// <summary>Starts following: every event appended from now on reaches the follower. Dispose it to stop.</summary>
    EventFollower Follow();
}
