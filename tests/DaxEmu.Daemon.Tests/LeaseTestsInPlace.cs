namespace DaxEmu.Daemon.Tests;

/// <summary>The same on the real files, which fanotify guards.</summary>
public sealed class LeaseTestsInPlace() : LeaseTests(isInPlace: true)
{
    // An event can be denied with few errnos.
    private protected override string TimedOut => "Text file busy";
}
