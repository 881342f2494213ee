namespace DaxEmu.Nic;

/// <summary>A protection domain: regions and queue pairs work together only within one.</summary>
public sealed class ProtectionDomain
{
    internal ProtectionDomain(uint number, ulong owner, int device)
    {
        Number = number;
        Owner = owner;
        Device = device;
    }

    /// <summary>Its number, unique while it lives.</summary>
    public uint Number { get; }

    /// <summary>As given at allocation.</summary>
    public ulong Owner { get; }

    /// <summary>The device that it was allocated on: whose ports its queue pairs use.</summary>
    public int Device { get; }

    internal int Uses { get; set; }

    internal bool IsGone { get; set; }
}
