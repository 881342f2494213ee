using DaxEmu.Abi;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Processes;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device.Tests;

/// <summary>RLIMIT_MEMLOCK: registered memory counts, page by page, over all open device files of a process.</summary>
public sealed class LockedMemoryTests
{
    private const ulong Address = 0x7000_0000;
    private const long Page = 4096;

    [Fact]
    public void What_is_registered_beyond_the_limit_is_ENOMEM_and_what_is_given_back_counts_no_more()
    {
        using TestDevice device = Limited(new(16 * Page, IsExempt: false));
        using TestFile file = new(32 * Page);
        using TestClient first = device.Open();
        using TestClient second = device.Open();
        uint pd = first.AllocatePd();
        ib_uverbs_reg_mr_resp region = first.Register(pd, file.Handle, Address, 10 * Page);

        TestReply refused = second.TryRegister(second.AllocatePd(), file.Handle, Address, 7 * Page);
        Assert.Equal(ENOMEM, refused.Errno);
        Assert.Contains($"{17 * Page} bytes registered, and its RLIMIT_MEMLOCK allows {16 * Page}", refused.Text, StringComparison.Ordinal);
        Assert.Empty(device.Contract.PinsOf().Skip(1));

        Assert.Equal(0, first.Deregister(region.mr_handle).Errno);
        first.Register(pd, file.Handle, Address, 16 * Page);
    }

    [Fact]
    public void Pages_count_whole_and_memory_of_no_file_counts_too()
    {
        using TestDevice device = Limited(new(2 * Page, IsExempt: false));
        using SafeFileHandle memory = MemoryFile.CreateSealed("client", 8 * Page);
        using TestClient client = device.Open();
        uint pd = client.AllocatePd();
        ulong end = Address + (ulong)Page - 1;

        // Two bytes over a page's end are two pages; a page more of them is one too many.
        TestReply two = client.TryRegister(pd, memory, end, 2, (ulong)Page - 1);
        Assert.True(two.Result > 0, two.Text);
        Assert.Equal(0, client.Deregister(two.Read<ib_uverbs_reg_mr_resp>().mr_handle).Errno);
        Assert.Equal(ENOMEM, client.TryRegister(pd, memory, end, (ulong)Page + 2, (ulong)Page - 1).Errno);
    }

    [Fact]
    public void A_process_that_ends_its_session_has_its_limit_back()
    {
        using TestDevice device = Limited(new(4 * Page, IsExempt: false));
        using TestFile file = new(4 * Page);
        using (TestClient gone = device.Open())
        {
            gone.Register(gone.AllocatePd(), file.Handle, Address, 4 * Page);
        }

        using TestClient client = device.Open();
        uint pd = client.AllocatePd();
        bool isRegistered = SpinWait.SpinUntil(
            () => client.TryRegister(pd, file.Handle, Address, 4 * Page).Result > 0, TimeSpan.FromSeconds(30));

        Assert.True(isRegistered);
    }

    [Fact]
    public void CAP_IPC_LOCK_exempts_and_a_limit_of_nothing_is_EPERM()
    {
        using TestFile file = new(4 * Page);
        using TestDevice exempt = Limited(new(0, IsExempt: true));
        using TestDevice nothing = Limited(new(0, IsExempt: false));
        using TestDevice ignored = Limited(null);
        using TestClient a = exempt.Open();
        using TestClient b = nothing.Open();
        using TestClient c = ignored.Open();

        a.Register(a.AllocatePd(), file.Handle, Address, 4 * Page);
        c.Register(c.AllocatePd(), file.Handle, Address, 4 * Page);
        Assert.Equal(EPERM, b.TryRegister(b.AllocatePd(), file.Handle, Address, 4 * Page).Errno);
    }

    private static TestDevice Limited(MemoryLockLimit? limit) => new(
        new DeviceServerOptions
        {
            SocketPath = "@daxemu-test-" + Guid.NewGuid(),
            MemoryLock = limit is { } known ? _ => known : null,
        },
        runWorker: false);
}
