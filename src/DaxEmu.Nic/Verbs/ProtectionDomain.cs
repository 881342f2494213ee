namespace DaxEmu.Nic;

/// <summary>A protection domain: regions and queue pairs work together only within one.</summary>
public sealed class ProtectionDomain
{
    internal ProtectionDomain(uint number, ulong owner)
    {
        Number = number;
        Owner = owner;
    }

    /// <summary>Its number, unique while it lives.</summary>
    public uint Number { get; }

    /// <summary>As given at allocation.</summary>
    public ulong Owner { get; }

    internal int Uses { get; set; }

    internal bool IsGone { get; set; }
}
