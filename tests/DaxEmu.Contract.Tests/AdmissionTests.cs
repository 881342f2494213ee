using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>The table "May it be registered?" as far as the contract decides it.</summary>
public sealed class AdmissionTests
{
    private const int EFAULT = 14;
    private const int EINVAL = 22;

    [Theory]
    [InlineData(0, 8192, PinAccess.Read | PinAccess.Write, true, 0)]
    [InlineData(8191, 8192, PinAccess.Write, true, 0)]
    [InlineData(0, 8192, PinAccess.Write, true, 0, PinKind.Odp)]
    [InlineData(0, 12288, PinAccess.Write, true, 0, PinKind.Odp)]
    [InlineData(8192, 12288, PinAccess.Read, false, 0, PinKind.Odp)]
    [InlineData(0, 8192, PinAccess.Write, false, EFAULT, PinKind.Odp)]
    [InlineData(0, 0, PinAccess.Read, true, EINVAL, PinKind.Odp)]
    [InlineData(0, 8192, PinAccess.None, false, 0)]
    [InlineData(0, 8192, PinAccess.Read, false, 0)]
    [InlineData(0, 8192, PinAccess.Write, false, EFAULT)]
    [InlineData(0, 8193, PinAccess.Read, true, EFAULT)]
    [InlineData(8192, 12288, PinAccess.Read, true, EFAULT)]
    [InlineData(0, ulong.MaxValue, PinAccess.Read, true, EFAULT)]
    [InlineData(4096, 4096, PinAccess.Read, true, EINVAL)]
    [InlineData(9000, 9000, PinAccess.Read, true, EINVAL)]
    public async Task A_pin_on_a_file_of_8192_bytes(
        ulong start, ulong end, PinAccess access, bool openForWriting, int errno, PinKind kind = PinKind.LongTerm)
    {
        World world = new();

        PinDecision decision = await world.Contract.PinAsync(
            World.Wish(start, end, access) with { Kind = kind }, () => new(8192, openForWriting), World.Token);

        Assert.Equal(errno, decision.Errno);
        Assert.Equal(errno == 0, decision.IsGranted);
        Assert.Equal(errno == 0, decision.Reason.Length == 0);
        Assert.Equal(errno == 0 ? 1 : 0, world.Contract.PinsOf(World.File).Count);
    }

    [Fact]
    public async Task A_range_past_the_end_is_told_how_far_to_grow_the_file_and_what_would_fit()
    {
        PinDecision decision = await new World { Facts = new(6000, true) }.AskPin(4096, 8192);

        Assert.Contains("grow the file to 8192 bytes", decision.Reason, StringComparison.Ordinal);
        Assert.Contains("register only [4096, 6000)", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_access_without_a_writable_descriptor_is_told_to_open_it_so()
    {
        PinDecision decision = await new World { Facts = new(65_536, OpenForWriting: false) }.AskPin(0, 4096);

        Assert.Contains("open it with O_RDWR", decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_an_event_and_leaves_nothing_behind()
    {
        World world = new() { Facts = new(100, true) };

        PinDecision decision = await world.AskPin(0, 101);

        PinRefused refused = Assert.IsType<PinRefused>(Assert.Single(world.Journal.Of(World.File)));
        Assert.Equal((EFAULT, decision.Reason), (refused.Errno, refused.Reason));
        Assert.Equal(0, world.Contract.FileCount);
    }
}
