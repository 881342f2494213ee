using DaxEmu.Device.Tests;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>Files that are guarded by the library inside the programs that use them.</summary>
public sealed class PreloadGuardTests(PreloadedMachine machine) : IClassFixture<PreloadedMachine>
{
    private const int Size = 16 * 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // On filesystems that never share blocks, copying is writing.
    private static readonly string[] NoConflict = ["harmless - kept", "copy - changed"];

    [Theory]
    [InlineData("truncate -s 1 {0}")]
    [InlineData("fallocate -p -o 4096 -l 4096 {0}")]
    [InlineData("fallocate -c -o 4096 -l 4096 {0}")]
    [InlineData("dd if=/dev/zero of={0} bs=1 count=1")]
    [InlineData("bash -c 'echo x > {0}'")]
    [InlineData("cp /etc/hostname {0}")]
    [InlineData("tee {0} < /dev/null")]
    [InlineData("sort -o {0} /etc/hostname")]
    [InlineData("awk 'BEGIN {{ print 1 > \"{0}\" }}'")]
    [InlineData("/usr/bin/python3 -c 'open(\"{0}\", \"w\")'")]
    [InlineData("/usr/bin/python3 -c 'import os; os.truncate(\"{0}\", 1)'")]
    public async Task Under_deny_programs_that_know_nothing_of_it_are_refused_with_ETXTBSY(string command)
    {
        string path = Write(machine.Of("deny"));
        using HeldFile held = await HeldFile.OfAsync(machine, path);

        ProgramResult result = await machine.RunAsync("sh", "-c", string.Format(System.Globalization.CultureInfo.InvariantCulture, command, path));

        Assert.NotEqual(0, result.ExitStatus);
        Assert.Contains("Text file busy", result.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Bytes(7), await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("deny", "ETXTBSY kept")]
    [InlineData("ignore", "- kept")]
    public async Task Every_call_of_libc_that_takes_blocks_away_gets_the_answer_of_the_policy(string policy, string expected)
    {
        string directory = machine.Of(policy);
        string path = Write(directory);
        using HeldFile held = await HeldFile.OfAsync(machine, path);

        string[] lines = await LayoutCallsAsync(path, Write(directory, 9));

        Assert.Empty(lines.Where(line => !line.EndsWith(" " + expected, StringComparison.Ordinal)).Except(NoConflict));
        Assert.True(lines.Length > 40, string.Join('\n', lines));
    }

    [Theory]
    [InlineData("xfs", "deny", "ETXTBSY kept")]
    [InlineData("xfs", "ignore", "- kept")]
    [InlineData("btrfs", "deny", "ETXTBSY kept")]
    [InlineData("btrfs", "ignore", "- kept")]
    public async Task Where_blocks_can_be_shared_copy_file_range_is_a_reflink(string type, string policy, string expected)
    {
        string directory = machine.Of(policy, type);
        Assert.SkipWhen(directory.Length == 0, "mounting a file needs root and loop devices");
        string path = Write(directory);
        using HeldFile held = await HeldFile.OfAsync(machine, path);

        string[] lines = await LayoutCallsAsync(path, Write(directory, 9));

        // What is ignored is the sharing: the bytes are copied.
        Assert.Contains(policy == "deny" ? "copy ETXTBSY kept" : "copy - changed", lines);
        Assert.Empty(lines.Where(line => !line.EndsWith(" " + expected, StringComparison.Ordinal)).Except(NoConflict));
    }

    /// <summary>So the test above sees each of them.</summary>
    [Fact]
    public async Task A_library_that_lacks_one_of_its_functions_lets_that_call_through()
    {
        string shared = machine.Of("deny", "xfs");
        string directory = shared.Length > 0 ? shared : machine.Of("deny");
        string path = Write(directory);
        string other = Write(directory, 9);
        string library = Path.Combine(machine.Files, "lacking");
        using HeldFile held = await HeldFile.OfAsync(machine, path);
        string program = await machine.CompileAsync("layout_calls");
        (await machine.RunWithoutDaemonAsync(
            "gcc",
            [
                "-r", "-nostdlib", "-o", library + ".o", "-std=gnu11", "-O1", "-D_GNU_SOURCE", "-U_FORTIFY_SOURCE", "-fPIC", "-fvisibility=hidden",
                "-I", NativeSources.Of("include"), .. Directory.EnumerateFiles(NativeSources.Of("preload"), "*.c"),
            ])).Succeeded();
        string[] functions =
        [
            "truncate", "truncate64", "ftruncate", "ftruncate64", "open", "open64", "openat", "openat64", "__open_2", "__open64_2", "__openat_2",
            "__openat64_2", "creat", "creat64", "fopen", "fopen64", "freopen", "freopen64", "fallocate", "fallocate64", "ioctl", "syscall", "madvise",
            .. shared.Length > 0 ? ["copy_file_range"] : (string[])[],
        ];
        foreach (string function in functions)
        {
            await File.WriteAllTextAsync(library + ".map", $"{{ local: {function}; }};", TestContext.Current.CancellationToken);
            (await machine.RunWithoutDaemonAsync(
                "gcc", "-shared", "-pthread", $"-Wl,--version-script={library}.map", "-o", library + ".so", library + ".o")).Succeeded();

            string[] lines = Lines((await machine.RunWithAsync(
                new Dictionary<string, string> { ["LD_PRELOAD"] = library + ".so" }, program, path, other)).Succeeded());

            string[] through = [.. lines.Where(l => !l.EndsWith(" ETXTBSY kept", StringComparison.Ordinal)).Except(["harmless - kept"])];
            Assert.True(through.Except(shared.Length > 0 ? [] : NoConflict).Any(), $"without {function} everything is refused all the same");
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("xfs", false)]
    [InlineData("btrfs", false)]
    [InlineData("", true)]
    public async Task Where_nothing_is_in_the_way_every_call_does_as_without_the_library(string type, bool underLegacy)
    {
        string directory = underLegacy ? machine.Of("legacy") : type.Length == 0 ? machine.Of("deny") : machine.Of("deny", type);
        Assert.SkipWhen(directory.Length == 0, "mounting a file needs root and loop devices");
        string unguarded = Directory.CreateDirectory(Path.Combine(type.Length == 0 ? machine.Files : Path.GetDirectoryName(directory)!, "unguarded")).FullName;
        string program = await machine.CompileAsync("layout_calls");
        ProgramResult expected = await machine.RunWithAsync(
            new Dictionary<string, string>(), program, Write(unguarded), Write(unguarded, 9));
        string path = Write(directory);
        using HeldFile? held = underLegacy ? await HeldFile.OfAsync(machine, path) : null;

        string[] lines = await LayoutCallsAsync(path, Write(directory, 9));

        Assert.Equal(Lines(expected.Succeeded()), lines);
    }

    [Fact]
    public async Task Under_wait_threads_wait_side_by_side_and_go_on_when_the_file_is_given_back()
    {
        string path = Write(machine.Of("wait"));
        using HeldFile held = await HeldFile.OfAsync(machine, path);
        using RunningProgram waiting = machine.Start(await machine.CompileAsync("waiting_calls"), "threads", path);
        await waiting.WaitForTextAsync("waiting", Patience);
        Assert.Equal(Size, new FileInfo(path).Length);

        await held.LetGoAsync();

        Assert.Equal(0, await waiting.EndAsync(Patience));
        Assert.Equal(1, new FileInfo(path).Length);
    }

    [Fact]
    public async Task A_signal_ends_the_wait_with_EINTR_even_where_the_handler_asks_for_restarts()
    {
        string path = Write(machine.Of("wait"));
        using HeldFile held = await HeldFile.OfAsync(machine, path);

        ProgramResult result = (await machine.RunAsync(await machine.CompileAsync("waiting_calls"), "signal", path)).Succeeded();

        Assert.Equal("EINTR", result.Text.Trim().Split('\n')[^1]);
        Assert.Equal(Size, new FileInfo(path).Length);
    }

    /// <summary>While an operation waits, so does a registration on its range.</summary>
    [Fact]
    public async Task A_wait_ends_with_its_process_even_when_it_has_forked_meanwhile()
    {
        string path = Write(machine.Of("wait"));
        using HeldFile held = await HeldFile.OfAsync(machine, path);
        using RunningProgram waiting = machine.StartWithInput(await machine.CompileAsync("waiting_calls"), "forked", path);
        await waiting.WaitForTextAsync("child", Patience);
        await waiting.WaitForTextAsync("waiting", Patience);

        (await machine.RunWithoutDaemonAsync("kill", "-KILL", $"{waiting.Id}")).Succeeded();

        using HeldFile another = await HeldFile.OfAsync(machine, path);
        Assert.Equal(Size, new FileInfo(path).Length);
        waiting.EndInput();
    }

    [Theory]
    [InlineData("lease-revoke", false)]
    [InlineData("lease-kill", true)]
    public async Task Under_a_lease_policy_the_program_goes_on_after_the_lease_break_time(string policy, bool killed)
    {
        string path = Write(machine.Of(policy));
        using HeldFile held = await HeldFile.OfAsync(machine, path);

        (await machine.RunAsync("truncate", "-s", "1", path)).Succeeded();

        Assert.Equal(1, new FileInfo(path).Length);
        if (killed)
        {
            Assert.NotEqual(0, await held.Holder.EndAsync(Patience));
        }
        else
        {
            await held.LetGoAsync();
        }
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task A_clone_of_a_pinned_file_is_refused_and_cp_copies_it_where_it_may(string type)
    {
        string directory = machine.Of("deny", type);
        Assert.SkipWhen(directory.Length == 0, "mounting a file needs root and loop devices");
        string path = Write(directory);
        using HeldFile held = await HeldFile.OfAsync(machine, path);

        ProgramResult always = await machine.RunAsync("cp", "--reflink=always", path, path + ".clone");
        (await machine.RunAsync("cp", "--reflink=auto", path, path + ".copy")).Succeeded();

        Assert.NotEqual(0, always.ExitStatus);
        Assert.Contains("failed to clone", always.Text, StringComparison.Ordinal);
        Assert.Contains("Text file busy", always.Text, StringComparison.Ordinal);
        Assert.Equal(Bytes(7), await File.ReadAllBytesAsync(path + ".copy", TestContext.Current.CancellationToken));
        await held.LetGoAsync();
        (await machine.RunAsync("cp", "--reflink=always", path, path + ".clone")).Succeeded();
    }

    [Fact]
    public async Task Files_elsewhere_cost_one_system_call_more_and_none_where_no_volume_is_guarded_so()
    {
        Machine.Require("strace", "strace");
        const string script =
            """
            import os, sys
            f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
            os.ftruncate(f, 1)
            os.write(f, b"begin")
            for i in range(10): os.ftruncate(f, i)
            os.write(f, b"end")
            """;
        string[] Between(ProgramResult result)
        {
            string[] lines = Lines(result.Succeeded());
            int begin = Array.FindIndex(lines, l => l.Contains("\"begin\"", StringComparison.Ordinal));
            int end = Array.FindIndex(lines, l => l.Contains("\"end\"", StringComparison.Ordinal));
            return lines[(begin + 1)..end];
        }

        // A filesystem of its own, on whose device nothing is guarded.
        using LoopVolume volume = new();
        string elsewhere = Path.Combine(volume.Path, "file");
        string[] command = ["-E", $"LD_PRELOAD={Machine.Library}", "-s", "8", "/usr/bin/python3", "-c", script, elsewhere];
        Dictionary<string, string> nothing = [];

        string[] unguarded = Between(await machine.RunWithAsync(nothing, "strace", ["-E", "DAXEMU_SOCKET=/nonexistent/s", .. command]));
        string[] guarded = Between(await machine.RunWithAsync(nothing, "strace", command));

        Assert.Equal(10, unguarded.Length);
        Assert.All(unguarded, l => Assert.StartsWith("ftruncate(", l, StringComparison.Ordinal));
        Assert.Equal(20, guarded.Length);
        Assert.Equal(10, guarded.Count(l => l.StartsWith("fstat(", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("address")]
    [InlineData("thread")]
    public async Task Threads_that_take_blocks_away_while_others_use_the_device_give_a_sanitizer_nothing_to_report(string sanitizer)
    {
        string program = await SanitizerTests.CompileAsync(machine, sanitizer, "preload", NativeSources.Of("preload"), "-Werror");

        (await machine.RunWithAsync(SanitizerTests.Options, program, "10", machine.Of("deny"))).Succeeded();
    }

    [Fact]
    public async Task An_ordinary_user_has_all_of_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        string hold = await machine.CompileAsync("hold_file");
        const string user = "setpriv --reuid=65534 --regid=65534 --clear-groups env -u XDG_RUNTIME_DIR -u DAXEMU_SOCKET -u LD_PRELOAD HOME=/tmp";
        ProgramResult result = await machine.RunWithAsync(
            new Dictionary<string, string>(), "unshare", "--mount", "/bin/sh", "-ec",
            $"""
            mount -t tmpfs -o mode=755 daxemu-test /mnt; mkdir /mnt/bin; mount --bind '{AppContext.BaseDirectory}' /mnt/bin; cp '{hold}' /mnt/hold
            mount -t tmpfs -o mode=1777 daxemu-test /tmp; cd /mnt
            {user} sh -ec '
              mkdir /tmp/data; head -c 65536 /dev/zero > /tmp/data/f
              /mnt/bin/daxemu serve --volume /tmp/data & daemon=$!
              until /mnt/bin/daxemu status >/tmp/status 2>/dev/null; do kill -0 $daemon || exit 9; done
              grep preload /tmp/status
              mkfifo /tmp/go; /mnt/bin/daxemu run -- /mnt/hold /tmp/data/f </tmp/go >/tmp/said & holder=$!
              exec 3>/tmp/go
              until grep -q held /tmp/said; do kill -0 $holder || exit 10; done
              ! /mnt/bin/daxemu run -- truncate -s 1 /tmp/data/f || exit 11
              ! LD_PRELOAD=/mnt/bin/libdaxemu-preload.so truncate -s 1 /tmp/data/f || exit 12
              exec 3>&-; wait $holder
              /mnt/bin/daxemu run -- truncate -s 1 /tmp/data/f || exit 13
              kill $daemon; wait $daemon
              stat --format="%s bytes" /tmp/data/f'
            """);

        Assert.Contains("1 bytes", result.Succeeded().Text, StringComparison.Ordinal);
        Assert.Equal(2, result.Text.Split("Text file busy").Length - 1);
    }

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, Size)];

    private static string[] Lines(ProgramResult result) =>
        [.. result.Text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith("daxemu[", StringComparison.Ordinal))];

    private static string Write(string directory, byte value = 7)
    {
        string path = Path.Combine(directory, $"{Guid.NewGuid():n}");
        File.WriteAllBytes(path, Bytes(value));
        return path;
    }

    private async Task<string[]> LayoutCallsAsync(string path, string other) =>
        Lines((await machine.RunAsync(await machine.CompileAsync("layout_calls"), path, other)).Succeeded());
}
