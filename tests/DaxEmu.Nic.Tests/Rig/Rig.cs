using DaxEmu.Contract;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mtu;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic.Tests;

/// <summary>A NIC over plain memory, driven by one thread and a clock that only the test moves.</summary>
internal sealed unsafe class Rig : IDisposable
{
    public const uint AllAccess =
        IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC;

    public const uint ToInit = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS;

    public const uint ToRtr = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN
        | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;

    public const uint ToRts = IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC;

    public const uint Qkey = 0x1111;

    public const uint UnreliableToRtr = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;

    public const uint UnreliableToRts = IBV_QP_STATE | IBV_QP_SQ_PSN;

    public const uint DatagramToInit = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY;

    public static readonly Gid LocalGid = new(new UInt128(0, 0x0000ffff_0a000001));

    public static readonly NicOptions SmallOptions = new()
    {
        MaxQueuePairs = 64,
        MaxCompletionQueues = 64,
        MaxSharedReceiveQueues = 8,
        MaxMemoryRegions = 256,
        MaxMemoryWindows = 64,
        MaxProtectionDomains = 16,
        MaxEngines = 4,
        MaxSge = 8,
        MaxInlineData = 128,
        MaxRegionBytes = 1UL << 33,
    };

    private readonly List<IDisposable> _memory = [];
    private readonly List<Endpoint> _endpoints = [];
    private readonly SortedDictionary<int, Allocation> _mapped = [];
    private ulong _nextAddress = 0x7f00_0000_0000;

    public Rig(NicOptions? options = null, INicEvents? events = null, IUnmappedMemory? unmapped = null)
    {
        Options = options ?? SmallOptions;
        BlockMemory = Allocate(NicBlock.RequiredSize(Options));
        Block = NicBlock.Initialise(Options, BlockMemory.Start, BlockMemory.Length);
        Mappings = new MappingTable(16384);
        Events = events as RecordedEvents ?? new RecordedEvents();
        Device = new NicDevice(Options, Block, Mappings, Contract, PlainMemory.Routines, events ?? Events, unmapped, Persistence);
        Device.SetGidTable([LocalGid]);
        Engine = Device.CreateEngine();
    }

    public NicOptions Options { get; }

    public Allocation BlockMemory { get; }

    public NicBlock Block { get; }

    public MappingTable Mappings { get; }

    public FakeContract Contract { get; } = new();

    public FakePersistence Persistence { get; } = new();

    public RecordedEvents Events { get; }

    public NicDevice Device { get; }

    public NicEngine Engine { get; }

    public long Now { get; set; } = 1;

    public static QpAttributes InitAttributes => new() { State = IBV_QPS_INIT, PortNumber = 1, AccessFlags = AllAccess };

    public static QpAttributes RtsAttributes => new()
    {
        State = IBV_QPS_RTS,
        Timeout = 14,
        RetryCount = 7,
        RnrRetry = 7,
        MaxReadAtomic = 16,
    };

    public static QpAttributes RtrAttributes(uint destination) => new()
    {
        State = IBV_QPS_RTR,
        PathMtu = IBV_MTU_1024,
        DestinationQpNumber = destination,
        MaxDestinationReadAtomic = 16,
        MinRnrTimer = 12,
        Path = new AddressVector { IsGlobal = true, PortNumber = 1, DestinationGid = LocalGid },
    };

    public Allocation Allocate(ulong bytes)
    {
        Allocation memory = new(bytes);
        _memory.Add(memory);
        return memory;
    }

    public (RingLocation Location, ClientRing Ring) NewRing(RingLayout layout)
    {
        var memory = Allocate(layout.ByteLength);
        return (new RingLocation(Map(memory), 0), new ClientRing(memory));
    }

    public TestCq NewCq(uint entries = 63, ulong owner = 1)
    {
        var (location, ring) = NewRing(RingLayout.ForCompletions(entries));
        return new TestCq(Ok(Device.CreateCompletionQueue(owner, entries, location, cookie: 77)), ring);
    }

    public TestSrq NewSrq(ProtectionDomain domain, uint maxWr = 31, uint maxSge = 4, uint limit = 0)
    {
        var (location, ring) = NewRing(SharedReceiveQueueRequest.LayoutFor(maxWr, maxSge));
        return new TestSrq(
            Ok(Device.CreateSharedReceiveQueue(domain, new SharedReceiveQueueRequest(maxWr, maxSge, limit, location, Cookie: 55))), ring);
    }

    public Endpoint NewEndpoint(
        ulong owner = 1,
        uint depth = 31,
        QpCapabilities? capabilities = null,
        bool signalAll = false,
        TestCq? sendCq = null,
        TestCq? receiveCq = null,
        ProtectionDomain? domain = null,
        uint type = IBV_QPT_RC,
        TestSrq? srq = null)
    {
        domain ??= Ok(Device.AllocateDomain(owner));
        var granted = (capabilities ?? new QpCapabilities(depth, depth, 4, 4, 64)).Granted;
        var (sendLocation, sendRing) = NewRing(granted.SendRing);
        var (receiveLocation, receiveRing) = NewRing(granted.ReceiveRing);
        sendCq ??= NewCq(owner: owner);
        receiveCq ??= NewCq(owner: owner);
        QueuePairRequest request = new(
            type, granted, sendLocation, receiveLocation, sendCq.Cq, receiveCq.Cq, signalAll, Cookie: (ulong)_endpoints.Count + 100,
            srq?.Srq);
        var qp = Ok(Device.CreateQueuePair(domain, request));
        Endpoint endpoint = new(this, domain, qp, sendRing, receiveRing, sendCq, receiveCq);
        _endpoints.Add(endpoint);
        return endpoint;
    }

    public (Endpoint A, Endpoint B) NewPair(uint depth = 31, QpAttributes? rts = null)
    {
        var a = NewEndpoint(owner: 1, depth);
        var b = NewEndpoint(owner: 2, depth);
        Connect(a, b, rts);
        return (a, b);
    }

    public (Endpoint A, Endpoint B) NewUnreliablePair(uint depth = 31)
    {
        var a = NewEndpoint(owner: 1, depth, type: IBV_QPT_UC);
        var b = NewEndpoint(owner: 2, depth, type: IBV_QPT_UC);
        foreach (var (self, peer) in new[] { (a, b), (b, a) })
        {
            Ok(self.Modify(InitAttributes, ToInit));
            Ok(self.Modify(RtrAttributes(peer.Qp.Number), UnreliableToRtr));
            Ok(self.Modify(RtsAttributes, UnreliableToRts));
        }

        return (a, b);
    }

    public Endpoint NewDatagramEndpoint(ulong owner = 1, uint qkey = Qkey, uint depth = 31, ProtectionDomain? domain = null, TestCq? receiveCq = null)
    {
        var endpoint = NewEndpoint(owner, depth, domain: domain, receiveCq: receiveCq, type: IBV_QPT_UD);
        Ok(endpoint.Modify(InitAttributes with { Qkey = qkey }, DatagramToInit));
        Ok(endpoint.Modify(new QpAttributes { State = IBV_QPS_RTR }, IBV_QP_STATE));
        Ok(endpoint.Modify(RtsAttributes, UnreliableToRts));
        return endpoint;
    }

    public static void Connect(Endpoint a, Endpoint b, QpAttributes? rts = null)
    {
        Ready(a, b.Qp.Number);
        Ready(b, a.Qp.Number);
        Ok(a.Modify(rts ?? RtsAttributes, ToRts));
        Ok(b.Modify(rts ?? RtsAttributes, ToRts));
    }

    public static void Connect(Endpoint self, uint destination)
    {
        Ready(self, destination);
        Ok(self.Modify(RtsAttributes, ToRts));
    }

    public static void Ready(Endpoint endpoint, uint destination)
    {
        Ok(endpoint.Modify(InitAttributes, ToInit));
        Ok(endpoint.Modify(RtrAttributes(destination), ToRtr));
    }

    public TestRegion Register(ProtectionDomain domain, ulong bytes, uint access, PinRequest? pin = null, Allocation? memory = null)
    {
        memory ??= Allocate(bytes);
        int mapping = Map(memory);
        ulong iova = _nextAddress;
        _nextAddress += (bytes + 0xffff) & ~0xfffUL;
        MemoryRegionRequest request = new(
            iova,
            bytes,
            access,
            pin is null ? [] : [new RegionPinRequest(pin, () => new FileFacts(bytes, true), 0)],
            _ => new RegionMapping(mapping, 0, () => Mappings.Remove(mapping)));
        return new TestRegion(memory, Ok(Device.RegisterAsync(domain, request, default).AsTask().Result));
    }

    public TestRegion RegisterUnmapped(ProtectionDomain domain, ulong bytes, SlowMemory slow, uint access = AllAccess)
    {
        Allocation memory = Allocate(bytes);
        int mapping = Ok(Mappings.AddUnmapped((nuint)bytes));
        slow.Add(mapping, memory);
        MemoryRegionRequest request = new(
            _nextAddress, bytes, access, [], _ => new RegionMapping(mapping, 0, () => Mappings.Remove(mapping)));
        _nextAddress += (bytes + 0xffff) & ~0xfffUL;
        return new TestRegion(memory, Ok(Device.RegisterAsync(domain, request, default).AsTask().Result));
    }

    /// <summary>Copies all mapped memory, wipes the originals and enters the copies in another table under the same indices.</summary>
    public List<(Allocation Original, Allocation Copy)> MoveAll(MappingTable table)
    {
        List<(Allocation, Allocation)> moved = new();
        foreach (var (index, original) in _mapped)
        {
            Allocation copy = new(original.Length);
            original.Bytes.CopyTo(copy.Bytes);
            original.Bytes.Clear();
            Assert.Equal(index, Ok(table.Add((nint)copy.Start, copy.Length)));
            moved.Add((original, copy));
        }

        return moved;
    }

    /// <summary>Drains all queue pairs until none has more to do at this time.</summary>
    public void Run()
    {
        bool more;
        do
        {
            more = false;
            foreach (var endpoint in _endpoints)
            {
                more |= Engine.Drain(endpoint.Qp.Number, Now).Status == DrainStatus.More;
            }

            lock (Events.Drains)
            {
                more |= Events.Drains.Count > 0;
                Events.Drains.Clear();
            }
        }
        while (more);
    }

    /// <summary>Moves the clock and runs.</summary>
    public void Advance(long nanoseconds)
    {
        Now += nanoseconds;
        Run();
    }

    public void Dispose()
    {
        Engine.Dispose();
        Mappings.Dispose();
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }
    }

    private int Map(Allocation memory)
    {
        int index = Ok(Mappings.Add((nint)memory.Start, memory.Length));
        _mapped[index] = memory;
        return index;
    }

    public static T Ok<T>(NicResult<T> result)
    {
        Assert.True(result.IsOk, result.Reason);
        return result.Value!;
    }

    public static void Ok(NicResult result) => Assert.True(result.IsOk, result.Reason);
}
