using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class OdpPolicyTests
{
    [Fact]
    public async Task The_operation_proceeds_at_once_the_pin_stays_and_what_it_lost_is_recorded()
    {
        World world = new() { PolicyInForce = Policy.Odp };
        Pin pin = await world.Pin(1000, 8192);

        using LayoutDecision decision = await world.Truncate(4096);

        Assert.Equal((LayoutVerdict.Proceed, 0), (decision.Verdict, decision.Errno));
        Assert.Equal([pin], world.Contract.PinsOf());
        PinInvalidated invalidated = Assert.Single(world.Journal.Of().OfType<PinInvalidated>());
        Assert.Equal((pin, new ByteRange(4096, 8192), World.Coreutils), (invalidated.Pin, invalidated.Range, invalidated.Cause.Requester));
    }

    [Fact]
    public async Task A_fault_on_what_was_taken_with_consent_is_no_breach_and_any_other_is()
    {
        World world = new() { PolicyInForce = Policy.Odp };
        Pin pin = await world.Pin(0, 8192);
        (await world.Truncate(4096)).Dispose();

        world.Contract.ReportBreach(pin, new(5000, 5001), "a page is gone");
        world.Contract.ReportBreach(pin, new(0, 4096), "a page is gone");

        AccessFailed failed = Assert.Single(world.Journal.Of().OfType<AccessFailed>());
        Assert.Equal((new ByteRange(5000, 5001), LayoutOperationKind.Truncate), (failed.Range, failed.Cause!.Kind));
        Assert.Equal(new ByteRange(0, 4096), Assert.Single(world.Journal.Of().OfType<Breach>()).Range);
    }

    [Fact]
    public async Task However_many_operations_took_bytes_none_is_forgotten()
    {
        World world = new() { PolicyInForce = Policy.Odp };
        Pin pin = await world.Pin(0, 65_536);
        for (ulong i = 0; i < 500; i++)
        {
            (await world.Punch(i * 100, (i * 100) + 50)).Dispose();
        }

        for (ulong i = 0; i < 500; i++)
        {
            world.Contract.ReportBreach(pin, ByteRange.OfLength(i * 100, 1), "a page is gone");
        }

        Assert.Empty(world.Journal.Of().OfType<Breach>());
        Assert.Equal(500, world.Journal.Of().OfType<AccessFailed>().Count());
    }
}
