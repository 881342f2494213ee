namespace DaxEmu.Nic;

/// <summary>A memory window: a part of a region that peers may reach by a key of its own, as long as it is bound.</summary>
public sealed class MemoryWindow
{
    internal MemoryWindow(uint key, ProtectionDomain domain, uint type)
    {
        Key = key;
        Domain = domain;
        Type = type;
    }

    /// <summary>Its rkey as allocated: index &lt;&lt; 8 | a byte, which each bind work request sets anew.</summary>
    public uint Key { get; }

    /// <summary>Its protection domain.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>IBV_MW_TYPE_1 or IBV_MW_TYPE_2.</summary>
    public uint Type { get; }

    internal bool IsGone { get; set; }
}
