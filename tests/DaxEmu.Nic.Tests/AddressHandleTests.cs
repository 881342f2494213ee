using static DaxEmu.Abi.errno;

namespace DaxEmu.Nic.Tests;

/// <summary>Address handles (ibv_create_ah(3)) on RoCE.</summary>
public sealed class AddressHandleTests : IDisposable
{
    private static readonly Gid LinkLocal = new(new UInt128(0xfe80_0000_0000_0000, 1));

    private readonly Rig _rig = new(Rig.SmallOptions with { MaxAddressHandles = 3 });
    private readonly ProtectionDomain _domain;

    public AddressHandleTests()
    {
        _rig.Device.SetGidTable([Rig.LocalGid, LinkLocal, default]);
        _domain = Rig.Ok(_rig.Device.AllocateDomain(1));
    }

    public void Dispose() => _rig.Dispose();

    private static AddressVector Good => new() { IsGlobal = true, PortNumber = 1, DestinationGid = Rig.LocalGid };

    public static TheoryData<string, int> BadPaths => new()
    {
        { "no global route", EINVAL },
        { "no such port", EINVAL },
        { "empty GID index", EINVAL },
        { "GID index beyond the table", EINVAL },
        { "nobody's GID", ENETUNREACH },
        { "no GID", ENETUNREACH },
        { "from IPv4 to IPv6", ENETUNREACH },
    };

    [Theory]
    [MemberData(nameof(BadPaths))]
    public void A_path_that_RoCE_cannot_take_is_refused(string what, int errno)
    {
        var path = what switch
        {
            "no global route" => Good with { IsGlobal = false },
            "no such port" => Good with { PortNumber = 2 },
            "empty GID index" => Good with { SourceGidIndex = 2 },
            "GID index beyond the table" => Good with { SourceGidIndex = 3 },
            "nobody's GID" => Good with { DestinationGid = new Gid(Rig.LocalGid.Value + 1) },
            "no GID" => Good with { DestinationGid = default },
            _ => Good with { DestinationGid = LinkLocal },
        };
        var refused = _rig.Device.CreateAddressHandle(_domain, path);
        Assert.Equal(errno, refused.Errno);
        Assert.NotEmpty(refused.Reason);
    }

    [Fact]
    public void Numbers_are_never_0_and_do_not_come_back_at_once()
    {
        HashSet<uint> seen = [];
        for (int i = 0; i < 200; i++)
        {
            var handle = Rig.Ok(_rig.Device.CreateAddressHandle(_domain, Good));
            Assert.NotEqual(0U, handle.Number);
            Assert.True(seen.Add(handle.Number));
            Rig.Ok(_rig.Device.DestroyAddressHandle(handle));
            Assert.Equal(EINVAL, _rig.Device.DestroyAddressHandle(handle).Errno);
        }
    }

    [Fact]
    public void The_limit_holds_and_a_handle_keeps_its_domain()
    {
        var handles = Enumerable.Range(0, 3).Select(_ => Rig.Ok(_rig.Device.CreateAddressHandle(_domain, Good))).ToArray();
        Assert.Equal(ENOMEM, _rig.Device.CreateAddressHandle(_domain, Good).Errno);
        Assert.Equal(EBUSY, _rig.Device.DeallocateDomain(_domain).Errno);
        foreach (var handle in handles)
        {
            Rig.Ok(_rig.Device.DestroyAddressHandle(handle));
        }

        Rig.Ok(_rig.Device.DeallocateDomain(_domain));
        Assert.Equal(EINVAL, _rig.Device.CreateAddressHandle(_domain, Good).Errno);
    }

    [Fact]
    public void An_owner_that_dies_leaves_none()
    {
        for (int round = 0; round < 10; round++)
        {
            var domain = Rig.Ok(_rig.Device.AllocateDomain(owner: 9));
            for (int i = 0; i < 3; i++)
            {
                Rig.Ok(_rig.Device.CreateAddressHandle(domain, Good));
            }

            _rig.Device.ReleaseOwner(9);
        }
    }
}
