using Xunit;

namespace DaxEmu.Client.Tests.Devices;

/// <summary>What two programs tell each other to connect survives the way as text.</summary>
public sealed class AddressTextTests
{
    [Theory]
    [InlineData("fe80::1", false)]
    [InlineData("::ffff:10.0.0.1", true)]
    public void A_gid_is_written_like_an_IPv6_address(string text, bool isIPv4)
    {
        Gid gid = Gid.Parse(text);

        Assert.Equal(text, gid.ToString());
        Assert.Equal(isIPv4, gid.IsIPv4);
    }

    [Fact]
    public void A_gid_is_read_as_sysfs_writes_it() =>
        Assert.Equal(Gid.Parse("::ffff:127.0.0.1"), Gid.Parse("0000:0000:0000:0000:0000:ffff:7f00:0001"));

    [Fact]
    public void A_queue_pairs_address_reads_back_what_it_wrote()
    {
        QueuePairAddress address = new(0x11, 0xabcdef, Gid.Parse("fe80::1"));

        Assert.Equal("11,abcdef,fe80::1", address.ToString());
        Assert.Equal(address, QueuePairAddress.Parse(address.ToString()));
    }

    [Fact]
    public void Remote_memory_reads_back_what_it_wrote()
    {
        RemoteMemory memory = new(0x7f00_0000_1000, 1ul << 32, 0x1234);

        Assert.Equal("7f0000001000,100000000,1234", memory.ToString());
        Assert.Equal(memory, RemoteMemory.Parse(memory.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("11,abcdef")]
    [InlineData("1000000,0,fe80::1")]
    [InlineData("11,abcdef,10.0.0.1")]
    [InlineData("11,abcdef,fe80::1,0")]
    public void Anything_else_is_no_address(string text)
    {
        Assert.False(QueuePairAddress.TryParse(text, null, out _));
        Assert.Throws<FormatException>(() => QueuePairAddress.Parse(text));
    }

    [Fact]
    public void A_slice_of_remote_memory_ends_where_the_memory_ends()
    {
        RemoteMemory memory = new(100, 10, 1);

        Assert.Equal(new RemoteMemory(104, 6, 1), memory.Slice(4));
        Assert.Equal(new RemoteMemory(110, 0, 1), memory.Slice(10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(4, 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Slice(ulong.MaxValue, 2));
    }
}
