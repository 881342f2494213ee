using System.Text.Json.Serialization;

namespace DaxEmu.Contract;

/// <summary>Something the contract decided or was told. Layout operations that meet no pin are not events.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="File">The file.</param>
/// <param name="Path">A name of it at that time.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(PinGranted), "pin-granted")]
[JsonDerivedType(typeof(PinRefused), "pin-refused")]
[JsonDerivedType(typeof(PinReleased), "pin-released")]
[JsonDerivedType(typeof(LayoutDecided), "layout-decided")]
[JsonDerivedType(typeof(LayoutWaits), "layout-waits")]
[JsonDerivedType(typeof(PinRevoked), "pin-revoked")]
[JsonDerivedType(typeof(PinInvalidated), "pin-invalidated")]
[JsonDerivedType(typeof(AccessFailed), "access-failed")]
[JsonDerivedType(typeof(PagesOrphaned), "pages-orphaned")]
[JsonDerivedType(typeof(Divergence), "divergence")]
[JsonDerivedType(typeof(NotDurable), "not-durable")]
[JsonDerivedType(typeof(Breach), "breach")]
public abstract record ContractEvent(DateTimeOffset At, FileIdentity File, string Path)
{
    /// <summary>Set by the journal that keeps the event: ascending from 1; on one file, in the order of the decisions.</summary>
    public long Sequence { get; init; }
}
