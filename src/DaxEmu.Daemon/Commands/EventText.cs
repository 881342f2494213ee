using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Commands;

/// <summary>An event as a line of text.</summary>
internal static class EventText
{
    /// <summary>The line, without its time and number.</summary>
    public static string Of(ContractEvent entry) => $"{entry.Path}: " + entry switch
    {
        PinGranted e => $"pin {e.Pin.Id} granted to {Holder(e.Pin)}",
        PinReleased e => $"pin {e.Pin.Id} released by {Holder(e.Pin)}",
        PinRefused e => $"no pin of {e.Request.Range} for {Name(e.Request.Owner)}: errno {e.Errno}. {e.Reason}",
        PinRevoked e => $"pin {e.Pin.Id} revoked from {Holder(e.Pin)}{(e.Killed ? ", who was killed" : "")}, {For(e.Cause)}",
        PinInvalidated e => $"pin {e.Pin.Id} of {Name(e.Pin.Request.Owner)} lost {e.Range} to {Operation(e.Cause)}",
        LayoutWaits e => $"{Operation(e.Operation)} waits for {Pins(e.PinCount, e.Pins)}; policy {Policy(e.Policy)}" +
            (e.Deadline is { } deadline ? $", until {Moment.Local(deadline)} at the latest" : ""),
        LayoutDecided e => $"{Operation(e.Operation)} {Verdict(e)}: it met {Pins(e.PinCount, e.Pins)}; policy {Policy(e.Policy)}",
        AccessFailed e => $"a work request of {Name(e.Pin.Request.Owner)} failed on {e.Range}" +
            (e.Cause is { } cause ? $", taken by {Operation(cause)}" : "") + (e.Evidence.Length > 0 ? $": {e.Evidence}" : ""),
        PagesOrphaned e => $"pin {e.Pin.Id} of {Name(e.Pin.Request.Owner)} keeps {e.Range}, which {Operation(e.Cause)} took from the file",
        Divergence e => $"DIVERGENCE: {e.Pin.Request.Region} of {Name(e.Pin.Request.Owner)} {(e.Access == PinAccess.Write ? "wrote" : "read")} " +
            $"{e.Range}, taken from the file by {Operation(e.Cause)}",
        NotDurable e => $"NOT DURABLE{(e.IsHeldBack ? "" : " on a real kernel")}: {e.Bytes} bytes that {e.Pin.Request.Region} of {Name(e.Pin.Request.Owner)} wrote at " +
            $"{string.Join(", ", e.Ranges)} before process {e.Requester.ProcessId} ({e.Requester.Command}) called fsync",
        Breach e => $"BREACH of pin {e.Pin.Id} of {Name(e.Pin.Request.Owner)} at {e.Range}: {e.Evidence}{Fate(e)}",
        _ => entry.GetType().Name,
    };

    private static string Verdict(LayoutDecided decided) => decided.Verdict switch
    {
        LayoutVerdict.Refuse => $"refused with errno {decided.Errno}{(decided.IsAvoidable ? ", upon which its caller copies the bytes" : "")}",
        LayoutVerdict.Pretend => "answered with success, and nothing changed",
        _ => "allowed",
    };

    private static string For(LayoutOperation? cause) => cause is null ? "whose bytes had changed" : $"for {Operation(cause)}";

    private static string Fate(Breach breach) => breach.Policy is not { } policy ? ""
        : $"; the region {(breach.Fate == BreachFate.Revoked ? "is revoked" : "stays")}: policy {Policy(policy)}";

    private static string Operation(LayoutOperation operation) =>
        $"{KebabCase.Of(operation.Kind)} of {operation.Range} by process {operation.Requester.ProcessId} ({operation.Requester.Command})";

    private static string Pins(int count, IReadOnlyList<Pin> named) =>
        count == 1 ? $"pin {named[0].Id} of {Name(named[0].Request.Owner)}" : $"{count} pins";

    private static string Policy(PolicySetting policy) => $"{PolicyName.Of(policy.Policy)} ({policy.SetAt})";

    private static string Holder(Pin pin) => $"{Name(pin.Request.Owner)} on {pin.Request.Range}, {pin.Request.Region}";

    private static string Name(PinOwner owner) => $"process {owner.ProcessId} ({owner.Command})";
}
