using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_access_flags;

namespace DaxEmu.Device.Tests;

/// <summary>reg_mr: what memory may be registered, with which rights, and what the contract is asked.</summary>
public sealed class RegistrationTests : IDisposable
{
    private const ulong Address = 0x7000_0000;
    private const uint Length = 65536;

    private readonly TestDevice _device = new(runWorker: false);
    private readonly TestFile _file = new(Length);
    private readonly TestClient _client;
    private readonly uint _pd;

    public RegistrationTests()
    {
        _client = _device.Open();
        _pd = _client.AllocatePd();
    }

    public void Dispose()
    {
        _client.Dispose();
        _device.Dispose();
        _file.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void A_region_of_a_file_pins_exactly_its_bytes_for_its_process()
    {
        _client.TryRegister(_pd, _file.Handle, Address, 5000, offset: 4096);

        Pin pin = Assert.Single(_device.Contract.PinsOf());
        DescriptorStatus status = DescriptorStatus.Of(_file.Handle);
        Assert.Equal(new FileIdentity(status.Device, status.Inode), pin.Request.File);
        Assert.Equal(new ByteRange(4096, 9096), pin.Request.Range);
        Assert.Equal((PinAccess.Read | PinAccess.Write, PinMapping.PageCache), (pin.Request.Access, pin.Request.Mapping));
        Assert.Equal((Environment.ProcessId, _file.Path), (pin.Request.Owner.ProcessId, pin.Request.Path));
        Assert.Equal(_device.Server.Snapshot.Sessions.Single().Id, pin.Request.Owner.DeviceFile);
    }

    [Fact]
    public void Deregistering_releases_the_pin_and_the_mapping()
    {
        ib_uverbs_reg_mr_resp region = _client.Register(_pd, _file.Handle, Address, Length);
        Assert.Equal(1, _device.Mappings.Count);

        Assert.Equal(0, _client.Deregister(region.mr_handle).Errno);

        Assert.Empty(_device.Contract.PinsOf());
        Assert.Equal(0, _device.Mappings.Count);
    }

    [Fact]
    public void Past_the_end_of_the_file_is_refused_by_the_contract()
    {
        TestReply reply = _client.TryRegister(_pd, _file.Handle, Address, Length + 1);

        Assert.True(reply.Errno != 0);
        Assert.Single(_device.Journal.Of().OfType<PinRefused>());
        Assert.Empty(_device.Contract.PinsOf());
    }

    [Fact]
    public void Write_access_needs_a_descriptor_open_for_writing_whatever_the_client_says()
    {
        using SafeFileHandle readOnly = _file.OpenReadOnly();

        TestReply refused = _client.TryRegister(_pd, readOnly, Address, Length, protection: 3);
        TestReply granted = _client.TryRegister(_pd, readOnly, Address, Length, access: IBV_ACCESS_REMOTE_READ, protection: 1);

        Assert.Equal(EFAULT, refused.Errno);
        Assert.Equal(0, granted.Errno);
    }

    [Theory]
    [InlineData(TestVerbs.AllAccess, 1u, EFAULT)]
    [InlineData(0u, 0u, EFAULT)]
    [InlineData(IBV_ACCESS_REMOTE_WRITE, 3u, EINVAL)]
    [InlineData(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_ON_DEMAND, 1u, EFAULT)]
    [InlineData(0x8000_0000u, 3u, EINVAL)]
    public void Access_that_the_mapping_or_the_rules_forbid_is_refused(uint access, uint protection, int expected)
    {
        Assert.Equal(expected, _client.TryRegister(_pd, _file.Handle, Address, 4096, access: access, protection: protection).Errno);
        Assert.Empty(_device.Contract.PinsOf());
        Assert.Equal(0, _device.Mappings.Count);
    }

    [Fact]
    public void A_memory_file_needs_no_pin()
    {
        using SafeFileHandle memory = MemoryFile.CreateSealed("client", 8192);

        _client.Register(_pd, memory, Address, 8192);

        Assert.Empty(_device.Contract.PinsOf());
        Assert.Equal(EFAULT, _client.TryRegister(_pd, memory, Address, 8193).Errno);
    }

    [Fact]
    public void A_descriptor_that_only_names_the_file_is_refused()
    {
        using SafeFileHandle pathOnly = new(Open(_file.Path, fcntl.O_PATH), true);

        Assert.Equal(EACCES, _client.TryRegister(_pd, pathOnly, Address, 4096).Errno);
    }

    [Fact]
    public void A_descriptor_that_is_no_file_is_refused()
    {
        using SafeFileHandle device = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);

        Assert.Equal(ENODEV, _client.TryRegister(_pd, device, Address, 4096).Errno);
    }

    public static TheoryData<string, ib_uverbs_reg_mr, daxemu_segment, int> OddRanges
    {
        get
        {
            ib_uverbs_reg_mr request = new() { start = Address, hca_va = Address, length = 4096 };
            daxemu_segment segment = new() { address = Address, length = 4096, protection = 3 };
            return new()
            {
                { "the segment lies behind", request, segment with { address = Address + 4096 }, EFAULT },
                { "the segment is short", request, segment with { length = 4095 }, EFAULT },
                { "the segment is larger", request, segment with { address = Address - 4096, length = 12288 }, 0 },
                { "length wraps", request with { length = ulong.MaxValue }, segment, EFAULT },
                { "both wrap", request with { length = ulong.MaxValue }, segment with { length = ulong.MaxValue }, EINVAL },
                { "offset at the end of time", request, segment with { offset = long.MaxValue - 100 }, EINVAL },
                { "offset wraps", request, segment with { offset = ulong.MaxValue - 100 }, EINVAL },
                { "no bytes", request with { length = 0 }, segment, EINVAL },
                { "another offset into the page", request with { hca_va = Address + 1 }, segment, EINVAL },
                { "another address for the peer", request with { hca_va = 0x1000 }, segment, 0 },
            };
        }
    }

    [Theory]
    [MemberData(nameof(OddRanges))]
    public void Ranges_are_checked_before_they_are_used(string what, ib_uverbs_reg_mr request, daxemu_segment segment, int expected)
    {
        request.pd_handle = _pd;
        byte[] command = TestClient.Framed(ib_uverbs_write_cmds.IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), 12);

        TestReply reply = _client.Write(command, [segment], _file.Handle);

        Assert.True(reply.Errno == expected, $"{what}: errno {reply.Errno}: {reply.Text}");
    }

    [Fact]
    public void A_region_of_several_segments_holds_a_pin_for_each_that_a_file_backs()
    {
        using SafeFileHandle memory = MemoryFile.CreateSealed("client", 8192);

        TestReply reply = TryRegisterJoined(
            Address + 100,
            12288 - 200,
            (new daxemu_segment { address = Address, length = 4096, offset = 8192, protection = 3 }, _file.Handle),
            (new daxemu_segment { address = Address + 4096, length = 4096, offset = 4096, protection = 3 }, memory),
            (new daxemu_segment { address = Address + 8192, length = 4096, offset = 0, protection = 3 }, _file.Handle));

        Assert.True(reply.Result > 0, reply.Text);
        Assert.Equal([new ByteRange(0, 3996), new ByteRange(8292, 12288)], _device.Contract.PinsOf().Select(p => p.Request.Range).Order(Starts));
        Assert.Equal(1, _device.Mappings.Count);
        Assert.Equal(0, _client.Deregister(reply.Read<ib_uverbs_reg_mr_resp>().mr_handle).Errno);
        Assert.Empty(_device.Contract.PinsOf());
        Assert.Equal(0, _device.Mappings.Count);
    }

    [Fact]
    public void A_segment_that_is_refused_takes_the_others_with_it()
    {
        TestReply reply = TryRegisterJoined(
            Address,
            8192,
            (new daxemu_segment { address = Address, length = 4096, protection = 3 }, _file.Handle),
            (new daxemu_segment { address = Address + 4096, length = 4096, offset = Length, protection = 3 }, _file.Handle));

        Assert.True(reply.Errno != 0);
        Assert.Empty(_device.Contract.PinsOf());
        Assert.Equal(0, _device.Mappings.Count);
    }

    public static TheoryData<string, daxemu_segment, daxemu_segment, int> OddNeighbours
    {
        get
        {
            daxemu_segment first = new() { address = Address, length = 4096, protection = 3 };
            daxemu_segment second = new() { address = Address + 4096, length = 4096, protection = 3 };
            return new()
            {
                { "they meet", first, second, 0 },
                { "they overlap", first, second with { address = Address + 4095, length = 4097 }, EINVAL },
                { "there is a gap", first, second with { address = Address + 8192 }, EINVAL },
                { "in the wrong order", second, first, EFAULT },
                { "the second is short", first, second with { length = 4095 }, EFAULT },
                { "the second is not needed", first with { length = 8192 }, second with { address = Address + 8192 }, EINVAL },
                { "the first reaches past the end of time", first with { length = ulong.MaxValue }, second, EINVAL },
                { "the first ends within a page of its file", first with { offset = 100 }, second, EINVAL },
                { "the second begins within a page of its file", first, second with { offset = 100 }, EINVAL },
                { "the second's offset wraps", first, second with { offset = ulong.MaxValue - 4095 }, EINVAL },
                { "the second is empty", first, second with { length = 0 }, EFAULT },
                { "the second may not be written", first, second with { protection = 1 }, EFAULT },
            };
        }
    }

    [Theory]
    [MemberData(nameof(OddNeighbours))]
    public void Segments_must_lie_next_to_one_another(string what, daxemu_segment first, daxemu_segment second, int expected)
    {
        TestReply reply = TryRegisterJoined(Address, 8192, (first, _file.Handle), (second, _file.Handle));

        Assert.True(reply.Errno == expected, $"{what}: errno {reply.Errno}: {reply.Text}");
        Assert.Equal(expected == 0 ? 1 : 0, _device.Mappings.Count);
    }

    [Fact]
    public void The_clients_own_memory_can_be_registered_for_copying()
    {
        TestReply reply = _client.TryRegister(
            _pd, OpenFile("/proc/self/mem", fcntl.O_RDWR), Address, 4096, Address, flags: daxemu_device.DAXEMU_SEGMENT_PROCESS);

        Assert.True(reply.Result > 0, reply.Text);
        Assert.Equal(0, _client.Deregister(reply.Read<ib_uverbs_reg_mr_resp>().mr_handle).Errno);
        Assert.Equal(0, _device.Mappings.Count);
    }

    [Theory]
    [InlineData(ib_uverbs_access_flags.IB_UVERBS_ACCESS_FLUSH_GLOBAL, 0)]
    [InlineData(ib_uverbs_access_flags.IB_UVERBS_ACCESS_FLUSH_PERSISTENT, EINVAL)]
    public void The_clients_own_memory_can_be_flushed_but_not_made_durable(uint access, int expected)
    {
        TestReply reply = _client.TryRegister(
            _pd, OpenFile("/proc/self/mem", fcntl.O_RDWR), Address, 4096, Address, access: TestVerbs.AllAccess | access,
            flags: daxemu_device.DAXEMU_SEGMENT_PROCESS);

        Assert.True(reply.Errno == expected, $"errno {reply.Errno}: {reply.Text}");
        Assert.Equal(expected == 0 ? 1 : 0, _device.Mappings.Count);
    }

    // A descriptor that is read and written by offset, but is no memory of a process, could hold up the device or lend it to the client.
    [Theory]
    [InlineData("/dev/zero", fcntl.O_RDWR, ENODEV)]
    [InlineData("/dev/null", fcntl.O_RDWR, ENODEV)]
    [InlineData("/proc/self/maps", fcntl.O_RDONLY, ENODEV)]
    [InlineData("/proc/self/oom_score_adj", fcntl.O_RDWR, ENODEV)]
    [InlineData("/proc/sys/kernel/hostname", fcntl.O_RDWR, ENODEV)]
    [InlineData("/proc/self/mem", fcntl.O_RDONLY, EACCES)]
    [InlineData("/proc/self/mem", fcntl.O_WRONLY, EACCES)]
    [InlineData("/proc/self/mem", fcntl.O_PATH, EACCES)]
    [InlineData("the file", fcntl.O_RDWR, ENODEV)]
    public void Only_a_descriptor_of_a_processs_memory_is_taken_for_copying(string path, int flags, int expected)
    {
        SafeFileHandle descriptor = path == "the file" ? _file.Handle : OpenFile(path, flags);

        TestReply reply = _client.TryRegister(_pd, descriptor, Address, 4096, Address, flags: daxemu_device.DAXEMU_SEGMENT_PROCESS);

        Assert.True(reply.Errno == expected, $"{path}: errno {reply.Errno}: {reply.Text}");
        Assert.Equal(0, _device.Mappings.Count);
    }

    [Fact]
    public void A_file_named_mem_is_no_memory_of_a_process()
    {
        string directory = Directory.CreateTempSubdirectory("daxemu-").FullName;
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "1")).FullName, "mem");
        File.WriteAllBytes(path, new byte[8192]);

        Assert.Equal(ENODEV, _client.TryRegister(
            _pd, OpenFile(path, fcntl.O_RDWR), Address, 4096, flags: daxemu_device.DAXEMU_SEGMENT_PROCESS).Errno);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Regions_for_copying_are_limited_as_each_keeps_a_descriptor()
    {
        SafeFileHandle memory = OpenFile("/proc/self/mem", fcntl.O_RDWR);
        TestReply reply;
        int taken = 0;
        while ((reply = _client.TryRegister(
            _pd, memory, Address, 4096, Address, flags: daxemu_device.DAXEMU_SEGMENT_PROCESS)).Result > 0)
        {
            taken++;
        }

        Assert.Equal((256, ENOMEM), (taken, reply.Errno));
        Assert.Equal(0, _client.Deregister(0).Errno);
        Assert.True(_client.TryRegister(_pd, memory, Address, 4096, Address, flags: daxemu_device.DAXEMU_SEGMENT_PROCESS).Result > 0);
    }

    [Fact]
    public void Memory_for_copying_is_a_segment_of_its_own()
    {
        SafeFileHandle memory = OpenFile("/proc/self/mem", fcntl.O_RDWR);
        daxemu_segment first = new() { address = Address, length = 4096, protection = 3 };

        TestReply reply = TryRegisterJoined(
            Address,
            8192,
            (first, _file.Handle),
            (first with { address = Address + 4096, offset = Address + 4096, flags = daxemu_device.DAXEMU_SEGMENT_PROCESS }, memory));

        Assert.Equal(EINVAL, reply.Errno);
    }

    [Fact]
    public void Segments_and_descriptors_come_in_pairs()
    {
        daxemu_segment segment = new() { address = Address, length = 4096, protection = 3 };

        Assert.Equal(EINVAL, TryRegister(Address, 4096, [segment]).Errno);
        Assert.Equal(EINVAL, TryRegister(Address, 4096, [segment], _file.Handle, _file.Handle).Errno);
        Assert.Equal(EINVAL, TryRegister(Address, 4096, [], _file.Handle).Errno);
    }

    [Fact]
    public async Task A_registration_that_waits_for_a_truncate_ends_when_its_client_dies()
    {
        DescriptorStatus status = DescriptorStatus.Of(_file.Handle);
        LayoutOperation truncate = new(
            new FileIdentity(status.Device, status.Inode), _file.Path, LayoutOperationKind.Truncate, ByteRange.From(0), new Requester(1, 0, "t"));
        using LayoutDecision inFlight = await _device.Contract.RequestAsync(truncate, TestContext.Current.CancellationToken);
        ib_uverbs_reg_mr request = new() { pd_handle = _pd, start = Address, hca_va = Address, length = 4096 };
        byte[] body = TestClient.WriteBody(
            TestClient.Framed(ib_uverbs_write_cmds.IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), 12),
            [new daxemu_segment { address = Address, length = 4096, protection = 3 }]);
        _client.Connection.Send(
            [.. TestClient.Bytes(new daxemu_request { type = daxemu_device.DAXEMU_REQ_WRITE, length = (uint)body.Length, id = 99 }), .. body],
            [_file.Handle]);

        _client.Connection.Dispose();

        Assert.Equal(1ul, _device.Log.TakeClosed().Session.Id);
        Assert.Empty(_device.Contract.PinsOf());
    }

    private static SafeFileHandle OpenFile(string path, int flags)
    {
        SafeFileHandle file = new(Open(path, flags), true);
        Assert.False(file.IsInvalid, path);
        return file;
    }

    private static Comparer<ByteRange> Starts { get; } = Comparer<ByteRange>.Create((a, b) => a.Start.CompareTo(b.Start));

    private TestReply TryRegisterJoined(ulong start, ulong length, params (daxemu_segment Segment, SafeFileHandle File)[] parts) =>
        TryRegister(start, length, [.. parts.Select(p => p.Segment)], [.. parts.Select(p => p.File)]);

    private TestReply TryRegister(ulong start, ulong length, daxemu_segment[] segments, params SafeFileHandle[] files)
    {
        ib_uverbs_reg_mr request = new()
        {
            pd_handle = _pd,
            start = start,
            hca_va = start,
            length = length,
            access_flags = TestVerbs.AllAccess,
        };
        return _client.Write(TestClient.Framed(ib_uverbs_write_cmds.IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), 12), segments, files);
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([System.Runtime.InteropServices.MarshalAs(System.Runtime.InteropServices.UnmanagedType.LPUTF8Str)] string path, int flags);
}
