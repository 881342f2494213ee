namespace DaxEmu.Nic;

/// <summary>How the making durable of a range stands.</summary>
public enum PersistState
{
    /// <summary>It is durable.</summary>
    Durable,

    /// <summary>Not yet.</summary>
    UnderWay,

    /// <summary>It could not be done.</summary>
    Failed,
}
