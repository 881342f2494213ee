using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_placement_type;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ib_uverbs_device_cap_flags_ex;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Device.Tests;

/// <summary>A persistent FLUSH: what it promises of the file, and for which files it can be promised.</summary>
public sealed class PersistentFlushTests : IDisposable
{
    private const ulong AddressA = 0x10_0000;
    private const ulong AddressB = 0x20_0000;
    private const int Page = 4096;
    private const int Length = 1 << 20;
    private const uint Durable = TestVerbs.AllAccess | IB_UVERBS_ACCESS_FLUSH_GLOBAL | IB_UVERBS_ACCESS_FLUSH_PERSISTENT;

    private readonly TestDevice _device = new();
    private readonly TestFile _source = new(Length);

    public void Dispose()
    {
        _device.Dispose();
        _source.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Theory]
    [InlineData(MappingRule.Any)]
    [InlineData(MappingRule.Bounce)]
    public void What_was_written_is_on_the_disk_when_the_flush_completes(MappingRule rule)
    {
        _device.FilePolicy.Rules = new(Mapping: rule);
        using LoopVolume volume = new();
        using SafeFileHandle file = NewFile(volume, "f", Length);
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        ib_uverbs_reg_mr_resp target = RegisterDurable(b, file);
        Connect(a, b);

        // Linux writes back in the background as well: a page that is on the disk before the flush proves nothing, and another is tried.
        for (uint round = 0; round < 16; round++)
        {
            byte[] pattern = RandomNumberGenerator.GetBytes(Page);
            RandomAccess.Write(_source.Handle, pattern, 0);
            ulong address = Target(round * 2 * Page);
            a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All with { length = Page }, address, target.rkey);
            Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
            bool early = volume.Holds(pattern);

            a.Qp.PostFlush(2, address, target.rkey, Page, IB_FLUSH_PERSISTENT);
            Assert.Equal((2ul, IBV_WC_SUCCESS), Ended(a));
            Assert.True(volume.Holds(pattern), "the flush completed, but the disk does not have the bytes");
            if (!early)
            {
                return;
            }
        }

        Assert.Fail("each page was on the disk before it was flushed: nothing was shown");
    }

    [Theory]
    [InlineData(MappingRule.Any)]
    [InlineData(MappingRule.Bounce)]
    public void A_disk_that_cannot_take_the_bytes_ends_the_flush_in_a_remote_operation_error_and_a_breach(MappingRule rule)
    {
        _device.FilePolicy.Rules = new(Mapping: rule);
        using TemporaryFilesystem small = new("24m");
        using LoopVolume volume = new(small.Path);
        using SafeFileHandle file = NewFile(volume, "f", Length);
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        // Holes, so that the write-back needs blocks of the image that it does not have.
        RandomAccess.SetLength(file, 4 << 20);
        ib_uverbs_reg_mr_resp target = RegisterDurable(b, file, 4 << 20);
        Connect(a, b);
        small.Fill();

        RandomAccess.Write(_source.Handle, RandomNumberGenerator.GetBytes(Length), 0);
        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All, Target(2 << 20), target.rkey);
        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
        a.Qp.PostFlush(2, Target(2 << 20), target.rkey, Length, IB_FLUSH_PERSISTENT);

        Assert.Equal((2ul, IBV_WC_REM_OP_ERR), Ended(a));
        // Told right after the completion.
        SpinWait.SpinUntil(() => _device.Journal.Of().OfType<Breach>().Any(), TimeSpan.FromSeconds(30));
        Breach breach = Assert.Single(_device.Journal.Of().OfType<Breach>());
        Assert.Contains("persistent flush", breach.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IB_UVERBS_ACCESS_FLUSH_PERSISTENT, EINVAL)]
    [InlineData(IB_UVERBS_ACCESS_FLUSH_GLOBAL, 0)]
    public void Of_a_memory_file_no_persistence_can_be_promised(uint access, int expected)
    {
        using TestClient client = _device.Open();
        using SafeFileHandle memory = MemoryFile.CreateSealed("client", 8192);
        TestReply reply = client.TryRegister(client.AllocatePd(), memory, AddressA, 8192, access: TestVerbs.AllAccess | access);
        Assert.Equal(expected, reply.Errno);
        Assert.Equal(expected == 0, !reply.Text.Contains("lies in memory", StringComparison.Ordinal));
    }

    [Fact]
    public void Nor_of_a_file_on_tmpfs()
    {
        string path = Path.Combine("/dev/shm", "daxemu-" + Guid.NewGuid());
        using SafeFileHandle file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose, preallocationSize: 8192);
        RandomAccess.Write(file, new byte[8192], 0);
        using TestClient client = _device.Open();
        Assert.Equal(EINVAL, client.TryRegister(client.AllocatePd(), file, AddressA, 8192, access: Durable).Errno);
        Assert.Empty(_device.Contract.PinsOf());
    }

    [Theory]
    [InlineData(MappingRule.Any)]
    [InlineData(MappingRule.Bounce)]
    public void A_region_that_goes_while_it_is_flushed_is_let_go_of_all_the_same(MappingRule rule)
    {
        _device.FilePolicy.Rules = new(Mapping: rule);
        using Side a = new(_device, _source, AddressA);
        using Side b = new(_device, _source, AddressB);
        Connect(a, b);
        int before = _device.Mappings.Count;
        for (ulong round = 0; round < 50; round++)
        {
            ib_uverbs_reg_mr_resp target = RegisterDurable(b, _source.Handle);
            a.Qp.PostFlush(round, Target(0), target.rkey, Length, IB_FLUSH_PERSISTENT);
            Assert.Equal(0, b.Client.Deregister(target.mr_handle).Errno);
            (ulong id, uint status) = Ended(a);
            Assert.Equal(round, id);
            if (status != IBV_WC_SUCCESS)
            {
                Assert.Equal(IBV_WC_REM_ACCESS_ERR, status);
                break;
            }
        }

        Assert.Equal(before, _device.Mappings.Count);
    }

    [Fact]
    public void The_device_says_that_it_flushes_and_writes_atomically()
    {
        byte[] command =
        [
            .. TestClient.Bytes(new ib_uverbs_cmd_hdr
            {
                command = IB_USER_VERBS_CMD_FLAG_EXTENDED | ib_uverbs_ex_write_cmds.IB_USER_VERBS_EX_CMD_QUERY_DEVICE,
                in_words = 1,
                out_words = (ushort)(Unsafe.SizeOf<ib_uverbs_ex_query_device_resp>() / 8),
            }),
            .. TestClient.Bytes(new ib_uverbs_ex_cmd_hdr { response = 1 }),
            .. new byte[8],
        ];
        using TestClient client = _device.Open();
        ulong flags = client.Write(command).Read<ib_uverbs_ex_query_device_resp>().device_cap_flags_ex;
        const ulong Expected = IB_UVERBS_DEVICE_ATOMIC_WRITE | IB_UVERBS_DEVICE_FLUSH_GLOBAL | IB_UVERBS_DEVICE_FLUSH_PERSISTENT;
        Assert.Equal(Expected, flags & Expected);
    }

    private static ulong Target(ulong offset) => 0x4000_0000 + offset;

    private static SafeFileHandle NewFile(LoopVolume volume, string name, int length)
    {
        SafeFileHandle file = File.OpenHandle(Path.Combine(volume.Path, name), FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(file, new byte[length], 0);
        RandomAccess.FlushToDisk(file);
        return file;
    }

    private static ib_uverbs_reg_mr_resp RegisterDurable(Side side, SafeFileHandle file, ulong length = Length)
    {
        TestReply reply = side.Client.TryRegister(side.Pd, file, Target(0), length, access: Durable);
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<ib_uverbs_reg_mr_resp>();
    }

    private static void Connect(Side a, Side b)
    {
        TestVerbs.Connect(a.Qp, b.Qp);
        TestReply reply = b.Client.TryModify(
            new ib_uverbs_modify_qp { qp_handle = b.Qp.Handle, attr_mask = IBV_QP_ACCESS_FLAGS, qp_access_flags = Durable });
        Assert.True(reply.Result > 0, reply.Text);
    }

    private static (ulong Id, uint Status) Ended(Side side)
    {
        ib_uverbs_wc completion = side.Cq.Poll();
        return (completion.wr_id, completion.status);
    }
}
