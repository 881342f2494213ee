using System.Diagnostics;
using DaxEmu.Abi;
using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Compare;

namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>
/// Random operations on a real daemon and on the model, one after the other; after each one file, device and journal must show what the
/// model says. All follows from the seed.
/// </summary>
internal sealed class SoakRun : IAsyncDisposable
{
    private const int Files = 2;
    private const int MaxRegions = 4;
    private const int Remembered = 40;

    private readonly Stage _stage;
    private readonly ulong _seed;
    private readonly SeededSequence _numbers;
    private readonly SoakJournal _journal;
    private readonly List<SoakFile> _files = [];
    private readonly Queue<string> _trace = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private int _step;
    private int _regions;

    private SoakRun(Stage stage, ulong seed)
    {
        _stage = stage;
        _seed = seed;
        _numbers = new SeededSequence(seed);
        _journal = new SoakJournal(stage);
    }

    /// <summary>How often what happened.</summary>
    public string Summary => $"seed {_seed}: {_step} steps; {string.Join(", ", _counts.Select(c => $"{c.Key} {c.Value}"))}";

    /// <summary>How often something happened.</summary>
    public int CountOf(string what) => _counts.GetValueOrDefault(what);

    public static async Task<SoakRun> StartAsync(ulong seed, CancellationToken patience)
    {
        Stage stage = await Stage.SetAsync(TestDaemon.Executable, "deny", patience);
        SoakRun run = new(stage, seed);
        try
        {
            for (int number = 0; number < Files; number++)
            {
                run._files.Add(await SoakFile.StartAsync(stage, number, patience));
            }

            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes steps until the time is over.</summary>
    public async Task RunAsync(TimeSpan time, CancellationToken patience)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            await StepAsync(patience);
        }
    }

    /// <summary>Takes one step.</summary>
    /// <param name="patience">Gives up.</param>
    /// <param name="sabotage">Called with the backing directory between the step and the comparison.</param>
    public async Task StepAsync(CancellationToken patience, Action<string>? sabotage = null)
    {
        _step++;
        SoakFile file = _files[(int)_numbers.Below(Files)];
        try
        {
            await ActAsync(file, patience);
            sabotage?.Invoke(_stage.Backing);
            await CompareAsync(file, patience);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new SoakException($"seed {_seed}, step {_step}: {e.Message}\n{string.Join('\n', _trace)}\n{e}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SoakFile file in _files)
        {
            await file.DisposeAsync();
        }

        await _stage.DisposeAsync();
    }

    private Task ActAsync(SoakFile file, CancellationToken patience)
    {
        switch (_numbers.Below(100))
        {
            case < 18:
                return RegisterAsync(file, patience);
            case < 26:
                return DeregisterAsync(file, patience);
            case < 50:
                return WriteByDeviceAsync(file, patience);
            case < 62:
                return WriteAsync(file, patience);
            case < 86:
                return MutateAsync(file, patience);
            case < 92:
                return MutateWhileReleasingAsync(file, patience);
            default:
                return SetPolicyAsync(file, patience);
        }
    }

    private async Task RegisterAsync(SoakFile file, CancellationToken patience)
    {
        if (file.Model.Regions.Count == MaxRegions)
        {
            await DeregisterAsync(file, patience);
            return;
        }

        (int offset, int length) = Range();
        string name = $"region{++_regions}";
        int expected = offset + length > file.Model.Length ? errno.EFAULT : 0;
        Note(file, $"register {name} [{offset}, {offset + length})");
        ActorReply reply = await file.AskHolderAsync($"register {name} {offset} {length}", patience);
        Expect("register", expected, reply.Errno);
        if (expected == 0)
        {
            file.Model.Regions.Add(new ModelRegion(name, offset, length) { Memory = RemoteMemory.Parse(reply.Memory!) });
        }

        Count(expected == 0 ? "registered" : "refused to register");
        await ExpectEventsAsync(expected == 0 ? typeof(PinGranted) : typeof(PinRefused), 1, patience);
    }

    private async Task DeregisterAsync(SoakFile file, CancellationToken patience)
    {
        if (file.Model.Regions.Count == 0)
        {
            return;
        }

        ModelRegion region = file.Model.Regions[(int)_numbers.Below(file.Model.Regions.Count)];
        Note(file, $"deregister {region.Name}");
        await file.AskHolderAsync($"deregister {region.Name}", patience);
        file.Model.Forget(region);
        Count("deregistered");
        await ExpectEventsAsync(typeof(PinReleased), 1, patience);
    }

    private async Task WriteByDeviceAsync(SoakFile file, CancellationToken patience)
    {
        if (file.Model.Regions.Count == 0)
        {
            return;
        }

        ModelRegion region = file.Model.Regions[(int)_numbers.Below(file.Model.Regions.Count)];
        int offset = (int)_numbers.Below(region.Length);
        int length = 1 + (int)_numbers.Below(region.Length - offset);
        byte value = Value();
        Note(file, $"RDMA write {region.Name} [{region.Start + offset}, {region.Start + offset + length}) of the file, 0x{value:x2}");
        file.Eye.Buffer[..length].Fill(value);
        CompletionStatus status = await file.Eye.WriteAsync(region.Memory, offset, length);
        bool succeeds = file.Model.WriteByDevice(region, offset, length, value);
        Expect("RDMA write", succeeds ? CompletionStatus.Success : CompletionStatus.RemoteAccessError, status);
        Count(succeeds ? "written by RDMA" : "failed to write by RDMA");
        await ExpectDivergencesAsync(file, patience);
        if (!succeeds)
        {
            // It is predicted, and it must be reported, with its cause.
            await _journal.UntilAsync<AccessFailed>(patience);
            await file.RelinkAsync(patience);
        }
    }

    private Task WriteAsync(SoakFile file, CancellationToken patience)
    {
        (int offset, int length) = Range();
        byte value = Value();
        Note(file, $"write [{offset}, {offset + length}), 0x{value:x2}");
        file.Write(offset, length, value);
        file.Model.Write(offset, length, value);
        Count("written");
        return ExpectEventsAsync(typeof(LayoutDecided), 0, patience);
    }

    private async Task SetPolicyAsync(SoakFile file, CancellationToken patience)
    {
        string policy = PolicyName.All[(int)_numbers.Below(PolicyName.All.Count)];
        Note(file, $"policy {policy}");
        file.SetPolicy(policy);
        file.Model.Policy = policy;
        Count("policies set");
        await ExpectEventsAsync(typeof(LayoutDecided), 0, patience);
    }

    private async Task MutateAsync(SoakFile file, CancellationToken patience)
    {
        Mutation mutation = NextMutation();
        List<ModelRegion> met = file.Model.Met(mutation);
        Note(file, $"{mutation} under {file.Model.Policy}, which meets {met.Count}");
        int errno = await Task.Run(() => file.Mutate(mutation), patience);
        if (ModelFile.Reach(mutation) is null)
        {
            Expect($"{mutation.Kind}", Abi.errno.EOPNOTSUPP, errno);
            Count("unsupported");
            await ExpectEventsAsync(typeof(LayoutDecided), 0, patience);
            return;
        }

        if (met.Count == 0)
        {
            Expect($"{mutation.Kind} that meets nothing", 0, errno);
            file.Model.Apply(mutation, keepsPages: false);
            Count("free operations");
            await ExpectEventsAsync(typeof(LayoutDecided), 0, patience);
            return;
        }

        Prediction prediction = Prediction.Of(file.Model.Policy);
        Expect($"{mutation.Kind} under {file.Model.Policy}", ErrnoOf(prediction.Answer), errno);
        Count(file.Model.Policy);
        await ObeyAsync(file, mutation, met, prediction, patience);
    }

    // What became of an operation that met regions.
    private async Task ObeyAsync(SoakFile file, Mutation mutation, List<ModelRegion> met, Prediction prediction, CancellationToken patience)
    {
        IReadOnlyList<ContractEvent> events = await _journal.NewAsync(patience);
        Expect("decisions reported", 1, events.Count(IsDecision));
        LayoutDecided decided = (LayoutDecided)events.Single(IsDecision);
        Expect("policy reported", file.Model.Policy, PolicyName.Of(decided.Policy.Policy));
        Expect("pins reported", met.Count, decided.PinCount);
        int revoked = events.Count(e => e is PinRevoked);
        int released = events.Count(e => e is PinReleased r && IsMet(mutation, r.Pin));
        bool isKilled = events.Any(e => e is PinRevoked { Killed: true });
        Dictionary<ModelRegion, int[]> kept = met.ToDictionary(r => r, r => r.Orphans.Keys.ToArray());
        if (prediction.Answer == OperationAnswer.CarriedOut)
        {
            file.Model.Apply(mutation, prediction.Fate == RegionFate.KeepsOldPages);
        }

        switch (prediction.Fate)
        {
            case RegionFate.Untouched:
                Expect("regions revoked", 0, revoked);
                break;
            case RegionFate.Revoked or RegionFate.HolderKilled:
                // Who lets go may be in time or not.
                Expect("regions that went", met.Count, revoked + released);
                Expect("regions revoked of a holder that does not let go", file.HolderLetsGo ? revoked : met.Count, revoked);
                Expect("killed", prediction.Fate == RegionFate.HolderKilled && revoked > 0, isKilled);
                await ForgetAsync(file, met, isKilled, patience);
                break;
            case RegionFate.FollowsFile:
                Expect("invalidations reported", met.Count, events.Count(e => e is PinInvalidated));
                break;
            case RegionFate.KeepsOldPages:
                foreach (ModelRegion region in met)
                {
                    Expect(
                        $"pages reported that {region.Name} keeps",
                        Listed(region.Orphans.Keys.Except(kept[region])),
                        Listed(events.OfType<PagesOrphaned>().Where(e => IsOf(region, e.Pin)).SelectMany(e => PagesOf(e.Range))));
                }

                break;
        }
    }

    // Each use of a page that left its file, as soon as it is made, and no other.
    private async Task ExpectDivergencesAsync(SoakFile file, CancellationToken patience)
    {
        while (true)
        {
            foreach (Divergence divergence in (await _journal.NewAsync(patience, isToKeepOthers: true)).OfType<Divergence>())
            {
                if (file.Model.Regions.Find(r => IsOf(r, divergence.Pin)) is not { } region)
                {
                    Expect("a region that diverges is known", true, file.Model.Gone.Any(key => IsOf(key, divergence.Pin)));
                    continue;
                }

                foreach (int page in PagesOf(divergence.Range))
                {
                    (int, bool) use = (page, divergence.Access == PinAccess.Write);
                    region.Reportable.Remove(use);
                    Expect($"page {page} of {region.Name} reported as diverging, and used", true, region.Known.Contains(use));
                    Count("divergences reported");
                }
            }

            if (file.Model.Regions.TrueForAll(r => r.Reportable.Count == 0))
            {
                return;
            }

            await Task.Delay(1, patience);
        }
    }

    // One that a signal interrupted was asked for again.
    private static bool IsDecision(ContractEvent entry) => entry is LayoutDecided { Errno: not errno.EINTR };

    private static bool IsOf(ModelRegion region, Pin pin) => IsOf(region.Memory.RKey, pin);

    private static bool IsOf(uint key, Pin pin) => pin.Request.Region.Contains($"0x{key:x}", StringComparison.Ordinal);

    private static IEnumerable<int> PagesOf(ByteRange range)
    {
        for (int page = (int)(range.Start / ModelPage.Size); (ulong)page * ModelPage.Size < range.End; page++)
        {
            yield return page;
        }
    }

    private static string Listed(IEnumerable<int> pages) => string.Join(' ', pages.Distinct().Order());

    // Of a process that is killed, all pins go.
    private static bool IsMet(Mutation mutation, Pin pin)
    {
        (long start, long end) = ModelFile.Reach(mutation)!.Value;
        return pin.Request.Range.Overlaps(new((ulong)start, (ulong)end));
    }

    private async Task ForgetAsync(SoakFile file, List<ModelRegion> gone, bool isKilled, CancellationToken patience)
    {
        if (isKilled)
        {
            file.Model.Regions.ToList().ForEach(file.Model.Forget);
            Count("killed");
            await file.ReplaceHolderAsync(patience);
            await _journal.NewAsync(patience);
            return;
        }

        foreach (ModelRegion region in gone)
        {
            file.Model.Forget(region);

            // As a program does that sees its region revoked.
            await file.AskHolderAsync($"deregister {region.Name}", patience);
        }
    }

    // The holder lets go while the operation waits for it.
    private async Task MutateWhileReleasingAsync(SoakFile file, CancellationToken patience)
    {
        Mutation mutation = NextMutation();
        List<ModelRegion> met = file.Model.Met(mutation);
        Prediction prediction = Prediction.Of(file.Model.Policy);
        bool waits = prediction.Answer == OperationAnswer.TimedOut || prediction.Fate == RegionFate.Revoked;
        if (met.Count == 0 || !waits)
        {
            await SetPolicyAsync(file, patience);
            return;
        }

        Note(file, $"{mutation} under {file.Model.Policy}, and meanwhile {met.Count} regions are deregistered");
        Task<int> mutating = Task.Run(() => file.Mutate(mutation), patience);
        while (!mutating.IsCompleted && !await IsWaitingAsync(file, patience))
        {
            await Task.Yield();
        }

        foreach (ModelRegion region in met)
        {
            await file.AskHolderAsync($"deregister {region.Name}", patience);
            file.Model.Forget(region);
        }

        // On a loaded machine the limit may have come first: that is one of two right answers.
        int errno = await mutating;
        bool isLate = errno == Abi.errno.ETIMEDOUT && prediction.Answer == OperationAnswer.TimedOut;
        Expect($"{mutation.Kind} while regions are deregistered", isLate ? errno : 0, errno);
        if (!isLate)
        {
            file.Model.Apply(mutation, keepsPages: false);
        }

        Count(isLate ? "let go too late" : "let go in time");
        IReadOnlyList<ContractEvent> events = await _journal.NewAsync(patience);
        Expect("decisions reported", 1, events.Count(IsDecision));
        Expect("regions that went", met.Count, events.Count(e => e is PinReleased or PinRevoked));
    }

    private async Task<bool> IsWaitingAsync(SoakFile file, CancellationToken patience)
    {
        WhyReply why = await _stage.Admin.WhyAsync(file.Path, patience);
        return why.Answer?.Operation is { Verdict: null };
    }

    private async Task CompareAsync(SoakFile file, CancellationToken patience)
    {
        Report(file.Model.CompareFile(file.Eye.ReadFile()));
        foreach (ModelRegion region in file.Model.Regions)
        {
            foreach ((int offset, int length) in file.Model.Reachable(region))
            {
                Expect($"RDMA read of {region.Name}", CompletionStatus.Success, await file.Eye.ReadAsync(region.Memory, offset, length));
                Report(file.Model.CompareRegion(region, offset, file.Eye.Buffer[..length]));
            }
        }

        await ExpectDivergencesAsync(file, patience);
        Expect("pins held", file.Model.Regions.Count, (await _stage.Admin.PinsAsync(file.Path, patience)).Count);
    }

    private async Task ExpectEventsAsync(Type kind, int count, CancellationToken patience)
    {
        IReadOnlyList<ContractEvent> events = await _journal.NewAsync(patience);
        Expect($"{kind.Name} reported", count, events.Count(e => e.GetType() == kind));
    }

    private Mutation NextMutation()
    {
        (int offset, int length) = Range();
        return _numbers.Below(16) switch
        {
            < 5 => new(MutationKind.Truncate, (int)_numbers.Below(ModelFile.MaxLength), 0),
            < 6 => new(MutationKind.OpenTruncate, 0, 0),
            < 9 => new(MutationKind.PunchHole, offset, length),
            < 12 => new(MutationKind.ZeroRange, offset, length),
            < 14 => new(MutationKind.Grow, ModelFile.MaxLength, 0),
            < 15 => new(MutationKind.CollapseRange, offset / ModelPage.Size * ModelPage.Size, ModelPage.Size),
            _ => new(MutationKind.InsertRange, offset / ModelPage.Size * ModelPage.Size, ModelPage.Size),
        };
    }

    // Half of them begin and end with pages.
    private (int Offset, int Length) Range()
    {
        int unit = _numbers.Below(2) == 0 ? ModelPage.Size : 1;
        int total = ModelFile.MaxLength / unit;
        int offset = (int)_numbers.Below(total);
        return (offset * unit, (1 + (int)_numbers.Below(Math.Min(total - offset, (10 * ModelPage.Size) / unit))) * unit);
    }

    private byte Value() => (byte)(1 + _numbers.Below(255));

    private static int ErrnoOf(OperationAnswer answer) => answer switch
    {
        OperationAnswer.Refused => errno.ETXTBSY,
        OperationAnswer.TimedOut => errno.ETIMEDOUT,
        _ => 0,
    };

    private static void Expect<T>(string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new SoakException($"{what}: {actual} instead of {expected}");
        }
    }

    private static void Report(string? difference)
    {
        if (difference is not null)
        {
            throw new SoakException(difference);
        }
    }

    private void Count(string what) => _counts[what] = _counts.GetValueOrDefault(what) + 1;

    private void Note(SoakFile file, string what)
    {
        _trace.Enqueue($"{_step}: {Path.GetFileName(file.Path)}: {what}");
        if (_trace.Count > Remembered)
        {
            _trace.Dequeue();
        }
    }
}
