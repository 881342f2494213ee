namespace DaxEmu.Contract;

/// <summary>What a breach means for the region of the pin.</summary>
public enum BreachFate
{
    /// <summary>It stays, and reaches what the file has there now.</summary>
    Stays,

    /// <summary>It is cut off: work requests on it fail.</summary>
    Revoked,
}
