namespace DaxEmu.Contract;

/// <summary>A granted pin.</summary>
/// <param name="Id">Unique for the contract's lifetime, ascending.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Since">When it was granted, UTC.</param>
/// <param name="Yields">
/// It stands in no operation's way: what an operation takes from under it is gone for its region too. So are pins on demand, and by default
/// those of who may not write the file.
/// </param>
public sealed record Pin(long Id, PinRequest Request, DateTimeOffset Since, bool Yields = false);
