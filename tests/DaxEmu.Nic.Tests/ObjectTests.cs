using DaxEmu.Contract;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic.Tests;

/// <summary>Making and destroying objects: limits, uses, keys, pins.</summary>
public sealed class ObjectTests : IDisposable
{
    private static readonly PinRequest Wish = new(
        new FileIdentity(1, 2), "/f", ByteRange.OfLength(8192, 4096), PinAccess.None, PinKind.LongTerm, PinMapping.PageCache,
        new PinOwner(1, 2, 3, "test"), Region: string.Empty);

    private static readonly RegionPinRequest[] Wishes = [new(Wish, () => default, 0)];

    private readonly Rig _rig = new();
    private readonly ProtectionDomain _domain;

    public ObjectTests() => _domain = Rig.Ok(_rig.Device.AllocateDomain(1));

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_domain_in_use_is_busy()
    {
        var region = _rig.Register(_domain, 64, 0);
        Assert.Equal(EBUSY, _rig.Device.DeallocateDomain(_domain).Errno);
        Rig.Ok(_rig.Device.Deregister(region.Region));
        var endpoint = _rig.NewEndpoint(domain: _domain);
        Assert.Equal(EBUSY, _rig.Device.DeallocateDomain(_domain).Errno);
        Rig.Ok(_rig.Device.DestroyQueuePair(endpoint.Qp));
        Rig.Ok(_rig.Device.DeallocateDomain(_domain));
        Assert.Equal(EINVAL, _rig.Device.DeallocateDomain(_domain).Errno);
    }

    [Fact]
    public void Domains_are_limited()
    {
        for (int i = 1; i < _rig.Options.MaxProtectionDomains; i++)
        {
            Rig.Ok(_rig.Device.AllocateDomain(1));
        }

        Assert.Equal(ENOMEM, _rig.Device.AllocateDomain(1).Errno);
    }

    [Theory]
    [InlineData(0, 0UL, 0U, EINVAL)]
    [InlineData(0, (1UL << 33) + 1, 0U, EINVAL)]
    [InlineData(-100, 200UL, 0U, EINVAL)]
    [InlineData(0, 64UL, IBV_ACCESS_REMOTE_WRITE, EINVAL)]
    [InlineData(0, 64UL, IBV_ACCESS_REMOTE_ATOMIC, EINVAL)]
    [InlineData(0, 64UL, 1U << 10, EINVAL)]
    public async Task A_registration_that_ibv_reg_mr_forbids_is_refused_before_anything_is_asked(
        long iova, ulong length, uint flags, int errno)
    {
        MemoryRegionRequest request = new((ulong)iova, length, flags, Wishes, _ => throw new InvalidOperationException());
        var result = await _rig.Device.RegisterAsync(_domain, request, TestContext.Current.CancellationToken);
        Assert.Equal(errno, result.Errno);
        Assert.NotEmpty(result.Reason);
        Assert.Empty(_rig.Contract.Held);
    }

    [Fact]
    public void A_relaxed_ordering_wish_is_accepted() => _rig.Register(_domain, 64, IBV_ACCESS_RELAXED_ORDERING);

    [Theory]
    [InlineData(0U, PinKind.LongTerm)]
    [InlineData(IBV_ACCESS_ON_DEMAND, PinKind.Odp)]
    public void A_region_on_demand_asks_for_a_pin_on_demand(uint flags, PinKind kind)
    {
        _rig.Register(_domain, 4096, flags, Wish);

        Assert.Equal(kind, Assert.Single(_rig.Contract.Held).Request.Kind);
    }

    [Theory]
    [InlineData(0U, PinAccess.Read)]
    [InlineData(IBV_ACCESS_LOCAL_WRITE, PinAccess.Read | PinAccess.Write)]
    public void A_pin_is_held_for_as_long_as_the_region_with_its_access_and_key(uint flags, PinAccess access)
    {
        var region = _rig.Register(_domain, 4096, flags, Wish);
        var pin = Assert.Single(_rig.Contract.Held);
        Assert.Equal((access, $"rkey 0x{region.Key:x}"), (pin.Request.Access, pin.Request.Region));
        Assert.Equal(new RegionPin(pin, 0), Assert.Single(region.Region.Pins));
        Rig.Ok(_rig.Device.Deregister(region.Region));
        Assert.Empty(_rig.Contract.Held);
        Assert.Equal(EINVAL, _rig.Device.Deregister(region.Region).Errno);
    }

    [Fact]
    public async Task A_refused_pin_refuses_the_registration_with_the_contracts_words_and_maps_nothing()
    {
        _rig.Contract.Refusal = new PinDecision(null, ETXTBSY, "a truncate is under way");
        MemoryRegionRequest request = new(0, 4096, 0, Wishes, _ => throw new InvalidOperationException());
        var result = await _rig.Device.RegisterAsync(_domain, request, TestContext.Current.CancellationToken);
        Assert.Equal((ETXTBSY, "a truncate is under way"), (result.Errno, result.Reason));
        Rig.Ok(_rig.Device.DeallocateDomain(_domain));
    }

    [Fact]
    public async Task A_mapping_that_fails_gives_the_pin_back()
    {
        MemoryRegionRequest request = new(0, 4096, 0, Wishes, _ => new NicError(ENOMEM, "mmap failed"));
        var result = await _rig.Device.RegisterAsync(_domain, request, TestContext.Current.CancellationToken);
        Assert.Equal((ENOMEM, "mmap failed"), (result.Errno, result.Reason));
        Assert.Empty(_rig.Contract.Held);
        Rig.Ok(_rig.Device.DeallocateDomain(_domain));
    }

    [Fact]
    public async Task A_cancelled_registration_leaves_nothing_behind()
    {
        MemoryRegionRequest request = new(0, 4096, 0, Wishes, _ => throw new InvalidOperationException());
        await Assert.ThrowsAsync<OperationCanceledException>(
            async () => await _rig.Device.RegisterAsync(_domain, request, new CancellationToken(canceled: true)));
        Rig.Ok(_rig.Device.DeallocateDomain(_domain));
    }

    [Fact]
    public void A_fault_under_a_pin_is_a_breach_of_the_contract_from_that_byte_on()
    {
        var region = _rig.Register(_domain, 4096, 0, Wish);
        _rig.Device.ReportFault(region.Key, 1000, 0);
        var breach = Assert.Single(_rig.Contract.Breaches);
        Assert.Equal((region.Region.Pins[0].Pin, new ByteRange(9192, 12288)), (breach.Pin, breach.Range));
        Assert.Contains($"0x{region.Key:x}", breach.Evidence, StringComparison.Ordinal);
        _rig.Device.ReportFault(region.Key ^ 1, 0, 0);
        _rig.Device.ReportFault(_rig.Register(_domain, 64, 0).Key, 0, 0);
        Assert.Single(_rig.Contract.Breaches);
    }

    [Fact]
    public async Task A_fault_in_a_region_of_several_files_is_a_breach_of_the_pin_under_that_byte()
    {
        RegionPinRequest[] wishes =
        [
            new(Wish with { Range = new ByteRange(4096, 8192) }, () => default, 0),
            new(Wish with { Range = new ByteRange(0, 4096) }, () => default, 8192),
        ];
        MemoryRegion region = Rig.Ok(await _rig.Device.RegisterAsync(
            _domain, new MemoryRegionRequest(0, 12288, 0, wishes, _ => new RegionMapping(0, 0, () => { })), TestContext.Current.CancellationToken));

        _rig.Device.ReportFault(region.Key, 4096, 0);
        _rig.Device.ReportFault(region.Key, 8192 + 100, 0);

        var breach = Assert.Single(_rig.Contract.Breaches);
        Assert.Equal((region.Pins[1].Pin, new ByteRange(100, 4096)), (breach.Pin, breach.Range));
        Rig.Ok(_rig.Device.Deregister(region));
        Assert.Empty(_rig.Contract.Held);
    }

    [Fact]
    public async Task A_pin_that_is_refused_gives_back_those_before_it()
    {
        RegionPinRequest refuseTheNext = new(
            Wish,
            () =>
            {
                _rig.Contract.Refusal = new PinDecision(null, ETXTBSY, "a truncate is under way");
                return default;
            },
            4096);
        _rig.Contract.Refusal = null;
        MemoryRegionRequest request = new(
            0, 8192, 0, [.. Wishes, refuseTheNext], _ => throw new InvalidOperationException());

        var result = await _rig.Device.RegisterAsync(_domain, request, TestContext.Current.CancellationToken);

        Assert.Equal(ETXTBSY, result.Errno);
        Assert.Empty(_rig.Contract.Held);
        Rig.Ok(_rig.Device.DeallocateDomain(_domain));
    }

    [Fact]
    public void A_key_does_not_come_back_soon()
    {
        HashSet<uint> seen = new();
        for (int i = 0; i < 5000; i++)
        {
            var region = _rig.Register(_domain, 64, 0, memory: _rig.BlockMemory);
            Assert.True(seen.Add(region.Key), $"key 0x{region.Key:x} again after {i} registrations");
            Assert.Same(region.Region, _rig.Device.FindRegion(region.Key));
            Rig.Ok(_rig.Device.Deregister(region.Region));
            Assert.Null(_rig.Device.FindRegion(region.Key));
        }
    }

    [Fact]
    public async Task Regions_are_limited_and_a_freed_place_is_found()
    {
        List<TestRegion> regions = new();
        for (int i = 0; i < _rig.Options.MaxMemoryRegions; i++)
        {
            regions.Add(_rig.Register(_domain, 64, 0, memory: _rig.BlockMemory));
        }

        MemoryRegionRequest request = new(0, 64, 0, [], _ => throw new InvalidOperationException());
        var result = await _rig.Device.RegisterAsync(_domain, request, TestContext.Current.CancellationToken);
        Assert.Equal(ENOMEM, result.Errno);
        Rig.Ok(_rig.Device.Deregister(regions[100].Region));
        _rig.Register(_domain, 64, 0, memory: _rig.BlockMemory);
    }

    [Fact]
    public void Queue_pair_numbers_are_never_the_reserved_ones_and_do_not_come_back_soon()
    {
        using Rig rig = new(Rig.SmallOptions with { MaxQueuePairs = 1 });
        HashSet<uint> seen = new();
        var domain = Rig.Ok(rig.Device.AllocateDomain(1));
        var cq = rig.NewCq();
        var capabilities = new QpCapabilities(1, 1, 1, 1, 0).Granted;
        var (send, _) = rig.NewRing(capabilities.SendRing);
        var (receive, _) = rig.NewRing(capabilities.ReceiveRing);
        QueuePairRequest request = new(IBV_QPT_RC, capabilities, send, receive, cq.Cq, cq.Cq, false, 0);
        for (int i = 0; i < 10_000; i++)
        {
            var qp = Rig.Ok(rig.Device.CreateQueuePair(domain, request));
            Assert.InRange(qp.Number, 2U, 0xff_fffeU);
            Assert.True(seen.Add(qp.Number));
            Assert.Equal(ENOMEM, rig.Device.CreateQueuePair(domain, request).Errno);
            Rig.Ok(rig.Device.DestroyQueuePair(qp));
            Assert.Equal(EINVAL, rig.Device.DestroyQueuePair(qp).Errno);
        }
    }

    [Theory]
    [InlineData(8U, 1U, 1U, 0U, EOPNOTSUPP)]
    [InlineData(IBV_QPT_RC, 16385U, 1U, 0U, EINVAL)]
    [InlineData(IBV_QPT_RC, 1U, 9U, 0U, EINVAL)]
    [InlineData(IBV_QPT_RC, 1U, 1U, 129U, EINVAL)]
    public void A_queue_pair_above_the_limits_is_refused(uint type, uint depth, uint elements, uint inlineData, int errno)
    {
        var cq = _rig.NewCq();
        QueuePairRequest request = new(
            type, new QpCapabilities(depth, depth, elements, elements, inlineData), default, default, cq.Cq, cq.Cq, false, 0);
        Assert.Equal(errno, _rig.Device.CreateQueuePair(_domain, request).Errno);
    }

    [Fact]
    public void Capabilities_are_granted_as_the_rxe_driver_does()
    {
        Assert.Equal(new QpCapabilities(10, 20, 4, 3, 64), new QpCapabilities(10, 20, 4, 3, 10).Granted);
        Assert.Equal(new QpCapabilities(10, 20, 13, 3, 220), new QpCapabilities(10, 20, 4, 3, 220).Granted);
    }

    [Theory]
    [InlineData(1U, 40U, 64U, 2U)]
    [InlineData(3U, 65U, 128U, 4U)]
    [InlineData(4U, 208U, 256U, 8U)]
    [InlineData(127U, 256U, 256U, 128U)]
    public void A_ring_has_elements_and_slots_that_are_powers_of_two(uint entries, uint bytes, uint elementBytes, uint slots)
    {
        RingLayout layout = RingLayout.For(entries, bytes);
        Assert.Equal((elementBytes, slots), (layout.ElementBytes, layout.Slots));
        Assert.Equal(384 + ((ulong)elementBytes * slots), layout.ByteLength);
        Assert.True(layout.Capacity >= entries);
    }

    [Fact]
    public void Releasing_an_owner_leaves_others_alone()
    {
        var (a, _) = _rig.NewPair();
        var other = _rig.Register(_domain, 64, 0, Wish);
        _rig.Device.ReleaseOwner(2);
        Assert.Same(a.Qp, _rig.Device.FindQueuePair(a.Qp.Number));
        _rig.Device.ReleaseOwner(1);
        Assert.Null(_rig.Device.FindQueuePair(a.Qp.Number));
        Assert.Null(_rig.Device.FindRegion(other.Key));
        Assert.Empty(_rig.Contract.Held);
    }

    [Fact]
    public void A_block_of_another_size_or_kind_is_not_attached_to()
    {
        unsafe
        {
            var memory = _rig.BlockMemory;
            Assert.Throws<ArgumentException>(() => NicBlock.Attach(memory.Start, memory.Length - 4096));
            Assert.Throws<ArgumentException>(() => NicBlock.Attach(memory.Start + 4096, memory.Length - 4096));
            Assert.Throws<ArgumentOutOfRangeException>(() => NicBlock.Initialise(_rig.Options, memory.Start, 4096));
        }
    }

    [Fact]
    public void Engines_are_limited_and_their_slots_come_back()
    {
        var engines = Enumerable.Range(1, _rig.Options.MaxEngines - 1).Select(_ => _rig.Device.CreateEngine()).ToArray();
        Assert.Throws<InvalidOperationException>(_rig.Device.CreateEngine);
        engines[0].Dispose();
        Assert.Throws<ObjectDisposedException>(() => engines[0].Drain(1, 1));
        _rig.Device.CreateEngine().Dispose();
    }

    [Fact]
    public void Gids_read_and_print_as_sysfs_has_them()
    {
        byte[] raw = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0xff, 0xfe, 0, 0xab, 0xcd];
        Gid gid = Gid.FromBytes(raw);
        byte[] back = new byte[16];
        gid.CopyTo(back);
        Assert.Equal(raw, back);
        Assert.Equal("fe80:0000:0000:0000:1234:00ff:fe00:abcd", gid.ToString());
    }
}
