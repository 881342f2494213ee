using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class PinTests
{
    [Fact]
    public async Task A_granted_pin_carries_the_request_and_the_time()
    {
        World world = new();

        Pin pin = await world.Pin(0, 4096);

        Assert.Equal(World.Wish(0, 4096), pin.Request);
        Assert.Equal(world.Clock.Now, pin.Since);
        Assert.Equal(new PinGranted(world.Clock.Now, pin) { Sequence = 1 }, Assert.Single(world.Journal.Of()));
    }

    [Fact]
    public async Task Pins_may_overlap_each_other()
    {
        World world = new();

        Pin a = await world.Pin(0, 4096);
        Pin b = await world.Pin(0, 4096);

        Assert.NotEqual(a.Id, b.Id);
        Assert.Equal([a, b], world.Contract.PinsOf(World.File));
    }

    [Fact]
    public async Task Pins_are_listed_in_the_order_they_were_granted_over_all_files()
    {
        World world = new();
        Pin[] pins =
        [
            await world.Pin(8192, 9000),
            await world.Pin(0, 1, World.OtherFile),
            await world.Pin(0, 1),
            await world.Pin(5, 6, World.OtherFile),
        ];

        Assert.Equal(pins, world.Contract.PinsOf());
        Assert.Equal([pins[1], pins[3]], world.Contract.PinsOf(World.OtherFile));
        Assert.Empty(world.Contract.PinsOf(new(9, 9)));
    }

    [Fact]
    public async Task A_pin_is_released_once()
    {
        World world = new();
        Pin pin = await world.Pin(0, 4096);

        world.Contract.Unpin(pin);
        world.Contract.Unpin(pin);

        Assert.Single(world.Journal.Of().OfType<PinReleased>());
        Assert.False(world.Contract.IsPinned(World.File, ByteRange.From(0)));
    }

    [Fact]
    public async Task A_file_that_is_done_with_is_forgotten()
    {
        World world = new();

        LayoutDecision operation = await world.Truncate(0);
        ValueTask<PinDecision> waiting = world.AskPin(0, 1);
        Assert.Equal(1, world.Contract.FileCount);
        operation.Dispose();
        world.Contract.Unpin((await waiting).Pin!);

        Assert.Equal(0, world.Contract.FileCount);
    }

    [Fact]
    public async Task A_breach_is_recorded()
    {
        World world = new();
        Pin pin = await world.Pin(0, 8192);

        world.Contract.ReportBreach(pin, new(4096, 8192), "A copy hit a page past the end of the file.");

        Breach breach = Assert.Single(world.Journal.Of(World.File).OfType<Breach>());
        Assert.Equal((pin, new ByteRange(4096, 8192)), (breach.Pin, breach.Range));
    }

    [Fact]
    public async Task What_reading_the_file_throws_reaches_the_asker_and_leaves_nothing_behind()
    {
        World world = new();

        await Assert.ThrowsAsync<IOException>(async () => await world.Contract.PinAsync(World.Wish(0, 1), Broken, World.Token));
        LayoutDecision operation = await world.Truncate(0);
        ValueTask<PinDecision> waiting = world.Contract.PinAsync(World.Wish(0, 1), Broken, World.Token);
        operation.Dispose();
        await Assert.ThrowsAsync<IOException>(async () => await waiting);

        Assert.Equal(0, world.Contract.FileCount);
    }

    private static FileFacts Broken() => throw new IOException("statx failed: EIO (5)");
}
