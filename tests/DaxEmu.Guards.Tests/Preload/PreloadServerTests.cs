using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Guards.Preload;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests.Preload;

/// <summary>What programs are answered that ask before they change a file's blocks, and what becomes of those that mean harm.</summary>
public sealed class PreloadServerTests
{
    private const ulong Whole = 4 * Libc.Page;

    public static TheoryData<uint> Kinds => [.. Enumerable.Range(1, 11).Select(k => (uint)k)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Each_kind_of_operation_under_a_pin_is_refused_with_ETXTBSY(uint kind)
    {
        using PreloadedVolume volume = new();
        string path = volume.WriteFile("data");
        await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();

        Assert.Equal(-ETXTBSY, client.Begin(file, kind));
        LayoutDecided decided = Assert.Single(volume.Journal.Of().OfType<LayoutDecided>());
        Assert.Equal((path, Environment.ProcessId), (decided.Operation.Path, decided.Operation.Requester.ProcessId));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_of_operation_proceeds_where_nothing_is_pinned(uint kind)
    {
        using PreloadedVolume volume = new();
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();

        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, kind));
        Assert.Equal(0, client.End(carriedOut: true));
        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, kind));
    }

    [Fact]
    public async Task Under_ignore_a_program_is_to_pretend()
    {
        using PreloadedVolume volume = new(Policy.Ignore);
        string path = volume.WriteFile("data");
        await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();

        Assert.Equal(DAXEMU_GUARD_PRETEND, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
    }

    [Fact]
    public async Task The_range_is_judged_to_the_byte()
    {
        using PreloadedVolume volume = new();
        string path = volume.WriteFile("data");
        await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();

        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, DAXEMU_GUARD_TRUNCATE, offset: Whole));
        client.End(carriedOut: true);
        Assert.Equal(-ETXTBSY, client.Begin(file, DAXEMU_GUARD_TRUNCATE, offset: Whole - 1));
    }

    [Fact]
    public void A_file_outside_the_directory_is_not_guarded()
    {
        using PreloadedVolume volume = new();
        string outside = Path.Combine(volume.Elsewhere, "outside");
        File.WriteAllText(outside, "x");
        using SafeFileHandle file = Open(outside);
        using GuardClient client = volume.Connect();

        Assert.Equal(DAXEMU_GUARD_UNGUARDED, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
    }

    [Fact]
    public async Task A_pinned_file_is_guarded_by_a_name_outside_the_directory_too()
    {
        using PreloadedVolume volume = new();
        string path = volume.WriteFile("data");
        string outside = Path.Combine(volume.Elsewhere, "link");
        Command.Run("ln", path, outside).MustSucceed();
        await volume.PinAsync(path);
        using SafeFileHandle file = Open(outside);
        using GuardClient client = volume.Connect();

        Assert.Equal(-ETXTBSY, client.Begin(file, DAXEMU_GUARD_PUNCH_HOLE));
    }

    [Fact]
    public void A_program_is_told_which_devices_to_ask_for()
    {
        using PreloadedVolume volume = new();
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();

        daxemu_guard_files files = client.Files();

        ulong[] devices = MemoryMarshal.CreateSpan(ref files.devices[0], (int)files.device_count).ToArray();
        Assert.Contains(Linux.Memory.DescriptorStatus.Of(file).Device, devices);
    }

    [Fact]
    public async Task A_pin_waits_for_an_operation_that_is_in_flight_and_goes_on_with_its_end()
    {
        using PreloadedVolume volume = new();
        string path = volume.WriteFile("data");
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();
        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, DAXEMU_GUARD_OPEN_TRUNCATE));

        Task<Pin> pin = volume.PinAsync(path);
        Assert.False(pin.IsCompleted);
        client.End(carriedOut: true);

        await pin.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_operation_ends_with_the_connection_of_the_program_that_had_it_in_flight()
    {
        using PreloadedVolume volume = new();
        string path = volume.WriteFile("data");
        using SafeFileHandle file = Open(path);
        Task<Pin> pin;
        using (GuardClient client = volume.Connect())
        {
            Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, DAXEMU_GUARD_OPEN_TRUNCATE));
            pin = volume.PinAsync(path);
            Assert.False(pin.IsCompleted);
        }

        await pin.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_contract_is_told_whether_an_operation_was_carried_out(bool carriedOut)
    {
        TaskCompletionSource<bool> told = new();
        WaitingContract contract = new();
        using PreloadedVolume volume = new(contract: contract);
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();
        client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
        await contract.Asked;
        contract.Decide(new LayoutDecision(LayoutVerdict.Proceed, 0, "", null, told.SetResult));
        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Receive());

        client.End(carriedOut);

        Assert.Equal(carriedOut, await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_program_that_is_interrupted_while_it_waits_is_answered_EINTR()
    {
        WaitingContract contract = new();
        using PreloadedVolume volume = new(contract: contract);
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();
        client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
        await contract.Asked;

        client.SendInterrupt();

        Assert.Equal(-EINTR, client.Receive());
    }

    [Fact]
    public async Task What_a_program_waited_for_that_has_gone_is_not_carried_out()
    {
        TaskCompletionSource<bool> told = new();
        WaitingContract contract = new();
        using PreloadedVolume volume = new(contract: contract);
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using (GuardClient client = volume.Connect())
        {
            client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
            await contract.Asked;
            contract.Interrupted = () => new LayoutDecision(LayoutVerdict.Proceed, 0, "", null, told.SetResult);
        }

        Assert.False(await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_interrupt_that_comes_too_late_means_nothing()
    {
        using PreloadedVolume volume = new();
        string path = volume.WriteFile("data");
        await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();

        client.SendInterrupt();
        Assert.Equal(-ETXTBSY, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
        client.SendInterrupt();

        Assert.Equal(-ETXTBSY, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
    }

    [Fact]
    public async Task Programs_that_wait_hold_up_nobody_else()
    {
        using PreloadedVolume volume = new(Policy.Wait);
        string path = volume.WriteFile("data");
        Pin pin = await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        GuardClient[] waiting = [.. Enumerable.Range(0, 32).Select(_ => volume.Connect())];
        foreach (GuardClient client in waiting)
        {
            client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
        }

        using SafeFileHandle free = Open(volume.WriteFile("free"));
        using (GuardClient client = volume.Connect())
        {
            Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(free, DAXEMU_GUARD_TRUNCATE));
        }

        volume.Contract.Unpin(pin);
        Assert.All(waiting, client => Assert.Equal(DAXEMU_GUARD_PROCEED, client.Receive()));
        Assert.All(waiting, client => client.Dispose());
    }

    [Fact]
    public async Task When_the_guard_ends_those_that_wait_are_answered_EINTR_and_the_socket_goes()
    {
        using PreloadedVolume volume = new(Policy.Wait);
        string path = volume.WriteFile("data");
        await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();
        client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
        while (!volume.Journal.Of().OfType<LayoutWaits>().Any())
        {
            await Task.Yield();
        }

        volume.Guard.Dispose();

        Assert.Equal(-EINTR, client.Receive());
        client.WaitForEnd();
        Assert.False(File.Exists(volume.Socket));
    }

    [Fact]
    public async Task A_contract_that_fails_is_EIO_and_is_told_to_the_administrator()
    {
        WaitingContract contract = new();
        using PreloadedVolume volume = new(contract: contract);
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();
        client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
        await contract.Asked;

        contract.Fail(new TimeoutException("the one who decides is gone"));

        Assert.Equal(-EIO, client.Receive());
        Assert.Contains("the one who decides is gone", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
        volume.Events.Warnings.Clear();
    }

    /// <summary>The owner of the file and the program are two users.</summary>
    [Fact]
    public async Task Who_may_not_write_to_a_file_breaks_no_lease_and_waits_for_nothing()
    {
        const string data = "/mnt/volume/data";
        if (OrdinaryUser.HasRun(this, prepare: $"mkdir /mnt/volume; head -c {Whole} /dev/zero >{data}; chmod 644 {data}"))
        {
            return;
        }

        (Policy Policy, int Expected)[] answers =
        [
            (Policy.Deny, -ETXTBSY), (Policy.Wait, -ETXTBSY), (Policy.LeaseRevoke, -ETXTBSY), (Policy.LeaseKill, -ETXTBSY),
            (Policy.Ignore, DAXEMU_GUARD_PRETEND), (Policy.Legacy, DAXEMU_GUARD_UNGUARDED), (Policy.Odp, DAXEMU_GUARD_UNGUARDED),
        ];
        foreach ((Policy policy, int expected) in answers)
        {
            using PreloadedVolume volume = new(policy, directory: "/mnt/volume");
            await volume.PinAsync(data, FileAccess.Read);
            using SafeFileHandle file = Open(data, FileAccess.Read);
            using GuardClient client = volume.Connect();

            Assert.Equal(expected, client.Begin(file, DAXEMU_GUARD_REFLINK_FROM, 0, Whole));
            Assert.Equal(expected, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
            Assert.Empty(volume.Journal.Of().OfType<LayoutWaits>());
            await volume.PinAsync(data, FileAccess.Read);
        }
    }

    [Fact]
    public void A_program_that_says_nonsense_loses_its_connection_and_nobody_else_does()
    {
        using PreloadedVolume volume = new();
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        daxemu_guard_begin begin = new() { kind = DAXEMU_GUARD_TRUNCATE };
        byte[] right = GuardClient.Message(DAXEMU_REQ_GUARD_BEGIN, begin);
        using GuardClient bystander = volume.Connect();
        Assert.Equal(DAXEMU_GUARD_PROCEED, bystander.Begin(file, DAXEMU_GUARD_TRUNCATE));
        (byte[] Message, SafeFileHandle[] Descriptors)[] nonsense =
        [
            ([0], []),
            (right[..^1], [file]),
            (right, []),
            (right, [file, file]),
            (GuardClient.Message(DAXEMU_REQ_HELLO), []),
            (GuardClient.Message(DAXEMU_REQ_GUARD_END), []),
            (GuardClient.Message(uint.MaxValue), []),
            (new byte[60000], []),
            ([.. Enumerable.Repeat((byte)0xff, 40)], [.. Enumerable.Repeat(file, SeqPacketConnection.MaxDescriptors)]),
        ];

        foreach ((byte[] message, SafeFileHandle[] descriptors) in nonsense)
        {
            using GuardClient client = volume.Connect();
            client.Send(message, descriptors);
            client.WaitForEnd();
        }

        Assert.Equal(0, bystander.End(carriedOut: true));
        Assert.Equal(DAXEMU_GUARD_PROCEED, bystander.Begin(file, DAXEMU_GUARD_TRUNCATE));
    }

    [Fact]
    public void A_wish_that_makes_no_sense_is_refused()
    {
        using PreloadedVolume volume = new();
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();

        Assert.Equal(-EINVAL, client.Begin(file, kind: 0));
        Assert.Equal(-EINVAL, client.Begin(file, kind: 12));
        client.Send(
            GuardClient.Message(DAXEMU_REQ_GUARD_BEGIN, new daxemu_guard_begin { kind = DAXEMU_GUARD_TRUNCATE, reserved = 1 }), file);
        Assert.Equal(-EINVAL, client.Receive());
        Assert.Equal(0, client.End(carriedOut: true));
        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, DAXEMU_GUARD_PUNCH_HOLE, ulong.MaxValue, ulong.MaxValue));
        Assert.Equal(-EBUSY, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
    }

    [Fact]
    public void A_descriptor_of_no_regular_file_is_not_guarded()
    {
        using PreloadedVolume volume = new();
        Command.Run("mkfifo", Path.Combine(volume.Place, "fifo")).MustSucceed();
        using GuardClient client = volume.Connect();
        string[] paths = ["/dev/null", "/proc/self/mem", "/sys/kernel/mm", volume.Place, Path.Combine(volume.Place, "fifo")];

        foreach (string path in paths)
        {
            // O_PATH: opens anything.
            using SafeFileHandle file = new(Libc.Open(path, 0x200000), true);
            Assert.Equal(DAXEMU_GUARD_UNGUARDED, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
        }
    }

    [Fact]
    public void A_user_has_so_many_connections_and_is_told_when_it_has_no_more()
    {
        using PreloadedVolume volume = new(limits: new PreloadLimits { ConnectionsPerUser = 2 });
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using (GuardClient first = volume.Connect())
        using (GuardClient second = volume.Connect())
        using (GuardClient third = volume.Connect())
        {
            Assert.Equal(DAXEMU_GUARD_PROCEED, first.Begin(file, DAXEMU_GUARD_TRUNCATE));
            Assert.Equal(DAXEMU_GUARD_PROCEED, second.Begin(file, DAXEMU_GUARD_TRUNCATE));
            Assert.Equal(-EMFILE, third.Receive());
            third.WaitForEnd();
            first.Send([0]);
            first.WaitForEnd();
            using GuardClient fourth = volume.Connect();
            Assert.Equal(DAXEMU_GUARD_PROCEED, fourth.Begin(file, DAXEMU_GUARD_TRUNCATE));
        }
    }

    [Fact]
    public void Who_is_turned_away_is_told_so_even_when_it_has_asked_already()
    {
        using PreloadedVolume volume = new(limits: new PreloadLimits { ConnectionsPerUser = 1 });
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient first = volume.Connect();
        Assert.Equal(DAXEMU_GUARD_PROCEED, first.Begin(file, DAXEMU_GUARD_TRUNCATE));

        // Mostly there before the guard takes the connection, at times after it has turned it away.
        for (int i = 0; i < 100; i++)
        {
            using GuardClient second = volume.Connect();
            second.TrySendBegin(file, DAXEMU_GUARD_TRUNCATE);
            Assert.Equal(-EMFILE, second.Receive());
        }
    }

    [Fact]
    public void A_guard_that_has_no_descriptor_left_for_the_file_says_so()
    {
        using PreloadedVolume volume = new();
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();
        _ = client.Files();
        ulong before = Libc.LimitDescriptors(1);
        try
        {
            Assert.Equal(-EMFILE, client.Begin(file, DAXEMU_GUARD_TRUNCATE));
        }
        finally
        {
            Libc.LimitDescriptors(before);
        }

        client.WaitForEnd();
    }

    [Fact]
    public void What_the_guard_fails_at_is_EIO_and_not_taken_for_a_file_that_nobody_guards()
    {
        using PreloadedVolume volume = new(contract: new SpeechlessContract());
        using SafeFileHandle file = Open(volume.WriteFile("data"));
        using GuardClient client = volume.Connect();

        Assert.Equal(-EIO, client.Begin(file, DAXEMU_GUARD_TRUNCATE));

        client.WaitForEnd();
        Assert.Contains("could not be served", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
        volume.Events.Warnings.Clear();
    }

    [Fact]
    public void On_an_overlay_whose_files_have_other_device_numbers_than_its_directories_programs_ask_too()
    {
        Root.IsNeededTo("mount");
        string place = Directory.CreateTempSubdirectory("daxemu-overlay-").FullName;
        string merged = Path.Combine(place, "merged");
        try
        {
            Command.Shell(
                $"""
                cd {place}; mkdir lower upper merged; mount -t tmpfs daxemu-test lower; mount -t tmpfs daxemu-test upper; mkdir upper/u upper/w
                head -c {Whole} /dev/zero > lower/data
                mount -t overlay -o lowerdir=lower,upperdir=upper/u,workdir=upper/w,xino=off daxemu-test merged
                """).MustSucceed();
            using PreloadedVolume volume = new(directory: merged);
            using SafeFileHandle file = Open(Path.Combine(merged, "data"), FileAccess.Read);
            using GuardClient client = volume.Connect();

            daxemu_guard_files files = client.Files();

            ulong[] devices = MemoryMarshal.CreateSpan(ref files.devices[0], (int)files.device_count).ToArray();
            Assert.DoesNotContain(Linux.Memory.DescriptorStatus.Of(file).Device, devices);
            Assert.Equal((uint)DAXEMU_GUARD_NAMELESS, files.flags);
        }
        finally
        {
            Command.Shell($"cd {place}; umount merged; umount lower; umount upper; cd /; rm -r {place}").MustSucceed();
        }
    }

    [Fact]
    public async Task A_program_that_was_stopped_in_the_midst_of_an_operation_holds_up_registrations_for_a_while_only()
    {
        using PreloadedVolume volume = new(limits: new PreloadLimits { InFlight = TimeSpan.FromMilliseconds(20) });
        string path = volume.WriteFile("data");
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();
        Assert.Equal(DAXEMU_GUARD_PROCEED, client.Begin(file, DAXEMU_GUARD_TRUNCATE));

        await volume.PinAsync(path).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Contains("has not told within 0.02 s", Assert.Single(volume.Events.Warnings), StringComparison.Ordinal);
        volume.Events.Warnings.Clear();
        Assert.Equal(0, client.End(carriedOut: true));
    }

    [Fact]
    public async Task The_same_holds_for_a_program_that_had_to_wait_first()
    {
        using PreloadedVolume volume = new(Policy.Wait, limits: new PreloadLimits { InFlight = TimeSpan.FromMilliseconds(20) });
        string path = volume.WriteFile("data");
        Pin pin = await volume.PinAsync(path);
        using SafeFileHandle file = Open(path);
        using GuardClient client = volume.Connect();
        client.SendBegin(file, DAXEMU_GUARD_TRUNCATE);
        while (!volume.Journal.Of().OfType<LayoutWaits>().Any())
        {
            await Task.Yield();
        }

        volume.Contract.Unpin(pin);

        await volume.PinAsync(path).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Single(volume.Events.Warnings);
        volume.Events.Warnings.Clear();
    }

    /// <summary>Breaks its word: it decides nothing.</summary>
    private sealed class SpeechlessContract : ProceedingContract
    {
        public override ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation) => new((LayoutDecision)null!);
    }

    private static SafeFileHandle Open(string path, FileAccess access = FileAccess.ReadWrite) =>
        File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite);
}
