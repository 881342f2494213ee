namespace DaxEmu.Abi;

/// <summary>sigaction(2), sigqueue(3).</summary>
[CHeader("signal.h")]
public static class signal
{
    public const int SIGKILL = 9;

    /// <summary>A process sent it, with a value of its choice.</summary>
    public const int SI_QUEUE = -1;
}
