namespace DaxEmu.Nic;

/// <summary>An address that datagrams are sent to.</summary>
public sealed class AddressHandle
{
    internal AddressHandle(uint number, ProtectionDomain domain, AddressVector path)
    {
        Number = number;
        Domain = domain;
        Path = path;
    }

    /// <summary>ah_num, which send work requests name it by; never 0.</summary>
    public uint Number { get; }

    /// <summary>Its protection domain.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>What it was created with.</summary>
    public AddressVector Path { get; }

    internal bool IsGone { get; set; }
}
