using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Demo;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>Every cell of the matrix, run once: a daemon for each guard, a program for each caller, files of its own for each cell.</summary>
public sealed class CoverageOutcomes : IAsyncLifetime
{
    private readonly Dictionary<(CoveredGuard, CoveredOperation, CoveredCaller), CoverageCell> _cells = [];
    private readonly Dictionary<CoveredGuard, IReadOnlyList<string>> _gaps = [];

    /// <summary>All cells that this machine can run.</summary>
    internal IEnumerable<(CoveredGuard Guard, CoveredCaller Caller, CoverageCell Cell)> Cells
    {
        get
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
            return _cells.Select(c => (c.Key.Item1, c.Key.Item3, c.Value));
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(10));
        await using CoverageFilesystems filesystems = new();
        await filesystems.MountAsync(patience.Token);
        CallerPrograms programs = await CallerPrograms.CompileAsync(filesystems.Make("bin"), patience.Token);
        foreach (CoveredGuard guard in CoveredGuard.All.Where(g => RunningKernel.Has(g.Since)))
        {
            using GuardedFiles files = await GuardedFiles.MakeAsync(guard, filesystems, patience.Token);
            await RunAsync(guard, files, programs, patience.Token);
        }
    }

    /// <summary>What a cell gave; null when this machine's kernel is too old for it.</summary>
    internal CoverageCell? Of(CoveredGuard guard, CoveredOperation operation, CoveredCaller caller) =>
        _cells.GetValueOrDefault((guard, operation, caller));

    /// <summary>What a guard says that it does not catch; null when this machine's kernel is too old for it.</summary>
    internal IReadOnlyList<string>? GapsOf(CoveredGuard guard) => _gaps.GetValueOrDefault(guard);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task RunAsync(CoveredGuard guard, GuardedFiles files, CallerPrograms programs, CancellationToken patience)
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(
            TestDaemon.Executable, files.Runtime, ["--config", files.Configuration], patience);
        IReadOnlyList<VolumeStatus> volumes = (await daemon.Admin.StatusAsync(patience)).Volumes;
        Assert.All(volumes, v => Assert.True(guard.Guards(v), $"{v.Backing} has the guard {v.Guard} instead of {guard.Name}: {v.Reason}"));
        _gaps[guard] = [.. volumes.SelectMany(v => v.Gaps).Distinct()];
        using (RdmaDevice device = RdmaDevice.Open(files.DeviceSocket))
        {
            foreach (CoveredCaller caller in guard.Callers)
            {
                CoveredOperation[] operations = [.. CoveredOperation.All.Where(o => RunningKernel.CanRun(guard, o, caller))];
                if (operations.Length == 0)
                {
                    continue;
                }

                using CallerProcess process = programs.Start(caller, guard.IsPreloaded ? files.DeviceSocket : null, patience);
                foreach (CoveredOperation operation in operations)
                {
                    _cells[(guard, operation, caller)] = await RunAsync(files, device, daemon.Admin, operation, caller, process, patience);
                }
            }
        }

        Assert.Equal(0, await daemon.EndAsync());
    }

    private static async Task<CoverageCell> RunAsync(
        GuardedFiles files,
        RdmaDevice device,
        AdminClient admin,
        CoveredOperation operation,
        CoveredCaller caller,
        CallerProcess process,
        CancellationToken patience)
    {
        CoveredFile free = files.Of(operation, caller, GuardedFiles.Twin);
        CoverageAttempt twin = Attempt(process, operation, free, pin: () => { });
        CoveredFile pinned = files.Of(operation, caller);
        PinnedRegion? region = null;
        try
        {
            CoverageAttempt attempt = Attempt(process, operation, pinned, pin: () => region = new PinnedRegion(device, pinned.Guarded));
            bool isWhole = region!.ReadAll();

            // What was changed is told at the latest when the region goes.
            region.Dispose();
            return new(operation, twin, attempt, await EventsAsync(admin, pinned, isWhole, patience));
        }
        finally
        {
            region?.Dispose();
        }
    }

    // An access that failed is told, though later than to the one that asked for it.
    private static async Task<IReadOnlyList<ContractEvent>> EventsAsync(AdminClient admin, CoveredFile file, bool isWhole, CancellationToken patience)
    {
        while (true)
        {
            IReadOnlyList<ContractEvent> events = await admin.EventsAsync(file.Real, patience);
            if (isWhole || events.Any(e => e is Breach))
            {
                return events;
            }
        }
    }

    // What is to be older than the pin is opened before it.
    private static CoverageAttempt Attempt(CallerProcess process, CoveredOperation operation, CoveredFile file, Action pin)
    {
        int errno = process.Prepare(operation, file.Named, file.Named + GuardedFiles.Other);
        pin();
        FileLayout before = FileLayout.Of(file.Real);
        if (errno == 0)
        {
            errno = process.Run();
        }

        return new(errno, FileLayout.Of(file.Real) != before);
    }
}
