namespace DaxEmu.Contract;

/// <summary>A granted pin.</summary>
/// <param name="Id">Unique for the contract's lifetime, ascending.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Since">When it was granted, UTC.</param>
public sealed record Pin(long Id, PinRequest Request, DateTimeOffset Since);
