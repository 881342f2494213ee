using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>What each row of the table gave on each filesystem through a guarded mount, and on tmpfs with a real pin of the running kernel.</summary>
public sealed class LegacyOutcomes : IAsyncLifetime
{
    private readonly Dictionary<(string Column, string Step), (string File, string Device)> _outcomes = [];
    private readonly Dictionary<(string Column, string Step), (string File, string Disk)> _durable = [];

    /// <summary>The errno that the running kernel refuses a pin of a file on tmpfs with, or 0.</summary>
    public int RealRefusal { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            foreach (LegacyColumn column in LegacyColumn.All)
            {
                await EmulateAsync(column);
            }

            foreach (LegacyColumn column in LegacyColumn.Durability)
            {
                await EmulateDurabilityAsync(column);
            }

            await PinAsync();
        }
    }

    /// <summary>What a row gave in a column of the emulator.</summary>
    public (string File, string Device) Of(string column, string step) => Find(column, step);

    /// <summary>What it gave with a real pin.</summary>
    public (string File, string Device) OfReal(string step)
    {
        Assert.SkipUnless(!Environment.IsPrivilegedProcess || RealRefusal == 0, $"this kernel pins no file on tmpfs: errno {RealRefusal}");
        return Find(LegacyColumn.Real, step);
    }

    /// <summary>What read(2) and a read with O_DIRECT showed after a row of the table of durability.</summary>
    public (string File, string Disk) OfDurability(string column, string step)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        return _durable[(column, step)];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private (string File, string Device) Find(string column, string step)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        return _outcomes[(column, step)];
    }

    private async Task EmulateAsync(LegacyColumn column)
    {
        await using TestDaemon daemon = new();
        await using TestVolume volume = await TestVolume.MountAsync(column.Filesystem, daemon.Backing, daemon.Patience);
        await File.WriteAllTextAsync(daemon.Configuration, """{ "Contract": { "Policy": "legacy" } }""", daemon.Patience);
        await daemon.StartAsync(column.Passthrough ? [] : ["--passthrough", "off"]);
        string socket = Path.Combine(daemon.Runtime, "device.sock");
        await Task.Run(() => Observe(column.Name, daemon.Mount, path => new EmulatedFile(path, socket)), daemon.Patience);
        Assert.Equal(0, await daemon.Process.EndAsync());
    }

    private async Task EmulateDurabilityAsync(LegacyColumn column)
    {
        await using TestDaemon daemon = new();
        await daemon.MountBackingAsync(column.Filesystem);
        await File.WriteAllTextAsync(daemon.Configuration, """{ "Contract": { "Policy": "legacy" } }""", daemon.Patience);
        await daemon.StartAsync("--passthrough", column.Passthrough ? "auto" : "off");
        await Task.Run(() => ObserveDurability(column.Name, daemon, Path.Combine(daemon.Runtime, "device.sock")), daemon.Patience);
        Assert.Equal(0, await daemon.Process.EndAsync());
    }

    // What a read of the mount with O_DIRECT shows must be what is on the disk indeed: the backing file is read so too.
    private void ObserveDurability(string column, TestDaemon daemon, string socket)
    {
        for (int i = 0; i < DurabilityRow.All.Count; i++)
        {
            DurabilityRow row = DurabilityRow.All[i];
            string name = $"durable{i}";
            PinnedFile.Make(Path.Combine(daemon.Mount, name));
            using EmulatedFile file = new(Path.Combine(daemon.Mount, name), socket);
            row.Do(file);
            string disk = file.OnDisk(DurabilityRow.Offset);
            _durable[(column, row.Step)] = (file.InFile(DurabilityRow.Offset), disk);
            Assert.Equal((disk, Libc.OnDisk(Path.Combine(daemon.Backing, name), DurabilityRow.Offset)), (file.OnDisk(DurabilityRow.Offset), disk == "0" ? 0 : disk[0]));
        }
    }

    private async Task PinAsync()
    {
        using TemporaryDirectory directory = new();
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        string source = Path.Combine(Audit.AuditedFilesystems.RepositoryRoot, "tests", "DaxEmu.Daemon.Tests", "Legacy", "fixed.c");
        string program = Path.Combine(directory.Path, "fixed");
        ProgramRun compiled = await ProgramRun.OfAsync("cc", ["-Wall", "-Wextra", "-Werror", "-o", program, source], patience.Token);
        Assert.True(compiled.Succeeded, compiled.Error);
        string files = directory.Make("files");
        await using TestVolume volume = await TestVolume.MountAsync("tmpfs", files, patience.Token);
        PinnedFile.Make(Path.Combine(files, "try"));
        using (ReallyPinnedFile attempt = new(Path.Combine(files, "try"), program))
        {
            RealRefusal = attempt.Refusal;
        }

        if (RealRefusal == 0)
        {
            await Task.Run(() => Observe(LegacyColumn.Real, files, path => new ReallyPinnedFile(path, program)), patience.Token);
        }
    }

    private void Observe(string column, string directory, Func<string, PinnedFile> pin)
    {
        for (int i = 0; i < LegacyRow.All.Count; i++)
        {
            LegacyRow row = LegacyRow.All[i];
            string path = Path.Combine(directory, $"row{i}");
            PinnedFile.Make(path);
            using PinnedFile file = pin(path);
            row.Do(file);
            _outcomes[(column, row.Step)] = (file.InFile(row.Offset), file.InDevice(row.Offset));
        }
    }
}
