using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>The policy legacy: what a device wrote is not durable by fsync on a real kernel, and the journal says so.</summary>
public sealed class DurabilityTests
{
    private const ulong Page = 4096;

    private readonly World _world = new() { PolicyInForce = Policy.Legacy };

    [Fact]
    public async Task A_sync_names_what_a_device_wrote_before_it_and_who_asked()
    {
        Pin pin = await _world.Pin(100, 8 * Page);
        _world.Holders.Writes[pin.Id] = [new(0, Page), new(3 * Page, 5 * Page)];

        Sync();
        Sync();

        NotDurable told = Assert.Single(_world.Journal.Of().OfType<NotDurable>());
        Assert.Equal((pin, (3 * Page) - 100, World.Coreutils), (told.Pin, told.Bytes, told.Requester));
        Assert.Equal([new ByteRange(100, Page), new ByteRange(3 * Page, 5 * Page)], told.Ranges);
    }

    [Fact]
    public async Task Pages_that_have_left_the_file_are_no_part_of_it()
    {
        Pin pin = await _world.Pin(0, 8 * Page);
        (await _world.Punch(4 * Page, 5 * Page)).Dispose();
        _world.Holders.Writes[pin.Id] = [new(3 * Page, 6 * Page)];

        Sync();

        Assert.Equal(
            [new ByteRange(3 * Page, 4 * Page), new ByteRange(5 * Page, 6 * Page)],
            Assert.Single(_world.Journal.Of().OfType<NotDurable>()).Ranges);
    }

    [Fact]
    public async Task An_event_names_some_ranges_and_counts_all_bytes()
    {
        Pin pin = await _world.Pin(0, 16 * Page);
        _world.Holders.Writes[pin.Id] = [.. Enumerable.Range(0, 40).Select(i => ByteRange.OfLength((ulong)i * 10, 1))];

        Sync();

        NotDurable told = Assert.Single(_world.Journal.Of().OfType<NotDurable>());
        Assert.Equal((NotDurable.MaxRanges, 40UL), (told.Ranges.Count, told.Bytes));
    }

    [Theory]
    [InlineData(Policy.Deny)]
    [InlineData(Policy.Odp)]
    [InlineData(Policy.LeaseRevoke)]
    public async Task Under_another_policy_nobody_is_asked(Policy policy)
    {
        _world.PolicyInForce = policy;
        Pin pin = await _world.Pin(0, Page);
        _world.Holders.Writes[pin.Id] = [new(0, Page)];

        Sync();

        Assert.Empty(_world.Journal.Of().OfType<NotDurable>());
        Assert.Single(_world.Holders.Writes);
    }

    [Fact]
    public async Task A_region_that_cannot_be_written_and_one_on_storage_itself_are_left_alone()
    {
        foreach (PinRequest wish in new[]
            {
                World.Wish(0, Page, PinAccess.Read), World.Wish(0, Page) with { Mapping = PinMapping.Sync },
            })
        {
            Pin pin = (await _world.Contract.PinAsync(wish, () => _world.Facts, World.Token)).Pin!;
            _world.Holders.Writes[pin.Id] = [new(0, Page)];
        }

        Sync();

        Assert.Empty(_world.Journal.Of().OfType<NotDurable>());
    }

    [Fact]
    public void A_file_without_pins_is_not_looked_at()
    {
        Sync();

        Assert.Equal(0, _world.Contract.FileCount);
    }

    private void Sync() => _world.Contract.Syncing(World.File, "/vol/data", World.Coreutils, heldBack: null);
}
