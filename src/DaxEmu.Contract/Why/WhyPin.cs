namespace DaxEmu.Contract;

/// <summary>A pin in the way.</summary>
/// <param name="Id">The pin's id.</param>
/// <param name="Range">The bytes it holds.</param>
/// <param name="Access">What the device may do with them.</param>
/// <param name="Kind">For how long they are pinned.</param>
/// <param name="Mapping">What a store through the mapping reaches.</param>
/// <param name="Region">The memory region in the holder's terms.</param>
/// <param name="Owner">Process, user and open device file that hold it.</param>
/// <param name="Since">When it was granted, UTC.</param>
/// <param name="IsHeld">True when it is held now.</param>
/// <param name="ReleasedAt">When it was given back or revoked, UTC; null while it is held, or when the journal no longer says.</param>
/// <param name="IsRevoked">True when it was taken away from its holder.</param>
public sealed record WhyPin(
    long Id,
    ByteRange Range,
    PinAccess Access,
    PinKind Kind,
    PinMapping Mapping,
    string Region,
    PinOwner Owner,
    DateTimeOffset Since,
    bool IsHeld,
    DateTimeOffset? ReleasedAt,
    bool IsRevoked);
