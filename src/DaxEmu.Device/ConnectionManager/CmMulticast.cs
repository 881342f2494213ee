using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A multicast group that an id has joined.</summary>
internal sealed class CmMulticast
{
    /// <summary>Its number; unique among all groups.</summary>
    public required uint Number { get; init; }

    /// <summary>Who joined.</summary>
    public required CmId Id { get; init; }

    /// <summary>The client's name of it.</summary>
    public required ulong Uid { get; init; }

    /// <summary>As the client named it.</summary>
    public required CmAddress Address { get; init; }

    /// <summary>The group.</summary>
    public required Gid Gid { get; init; }

    /// <summary>Events of it that the client has taken.</summary>
    public uint EventsReported { get; set; }
}
