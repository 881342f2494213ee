namespace DaxEmu.Contract;

/// <summary>A use by a device of pages that had left the file.</summary>
/// <param name="At">When it was noticed, UTC.</param>
/// <param name="PinId">The pin.</param>
/// <param name="Region">Its memory region in the holder's terms.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Range">The bytes of the file that these pages held.</param>
/// <param name="Access"><see cref="PinAccess.Read"/> or <see cref="PinAccess.Write"/>.</param>
/// <param name="Cause">The operation that took the pages from the file.</param>
public sealed record WhyDivergence(
    DateTimeOffset At, long PinId, string Region, PinOwner Owner, ByteRange Range, PinAccess Access, LayoutOperation Cause);
