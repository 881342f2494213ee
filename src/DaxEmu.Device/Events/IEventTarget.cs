namespace DaxEmu.Device;

/// <summary>An object of a session that the NIC raises events for. Called on any thread.</summary>
internal interface IEventTarget
{
    /// <summary>A completion for an armed completion queue.</summary>
    void OnCompletion();

    /// <summary>An asynchronous event.</summary>
    /// <param name="eventType">IBV_EVENT_*.</param>
    void OnAsyncEvent(uint eventType);

    /// <summary>The queue pair has work that nobody rang for.</summary>
    void OnDrainNeeded();
}
