namespace DaxEmu.Device;

/// <summary>Shows a client that events wait: tokens, of which it takes one before it asks for an event. Never waits.</summary>
internal interface ICmSignal
{
    /// <summary>Shows one token more; false when no more can be shown now.</summary>
    bool TryShow();

    /// <summary>Takes a token back; false when the client has them all.</summary>
    bool TryTakeBack();
}
