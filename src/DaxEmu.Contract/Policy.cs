namespace DaxEmu.Contract;

/// <summary>The answer to a layout operation under a pin.</summary>
public enum Policy
{
    /// <summary>The operation fails with ETXTBSY; the region is untouched.</summary>
    Deny,

    /// <summary>The operation reports success and changes nothing; the region is untouched ("continuous write").</summary>
    Ignore,
}
