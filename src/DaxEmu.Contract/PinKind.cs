namespace DaxEmu.Contract;

/// <summary>How long a device may keep using the pages of a pin.</summary>
public enum PinKind
{
    /// <summary>Until the region is deregistered (FOLL_LONGTERM in the kernel).</summary>
    LongTerm,

    /// <summary>On demand: nothing is pinned, and each access reaches what the file has there then.</summary>
    Odp,
}
