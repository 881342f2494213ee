using Microsoft.Extensions.Time.Testing;

namespace DaxEmu.Contract.Tests;

/// <summary>A clock that stands still until told; its timers fire when it is moved past them, on the mover's thread.</summary>
internal sealed class SettableClock() : FakeTimeProvider(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero))
{
    internal DateTimeOffset Now
    {
        get => GetUtcNow();
        set => SetUtcNow(value);
    }
}
