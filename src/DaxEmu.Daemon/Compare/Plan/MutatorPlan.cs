namespace DaxEmu.Daemon.Compare;

/// <summary>What one program does to its file, without end.</summary>
/// <param name="seed">The experiment's seed.</param>
/// <param name="lane">The program's lane.</param>
internal sealed class MutatorPlan(ulong seed, int lane)
{
    private const int Page = 4096;

    // By weight: mostly what takes blocks away, and enough growing that there are blocks to take.
    private static readonly MutationKind[] Kinds =
    [
        MutationKind.Truncate, MutationKind.Truncate, MutationKind.Truncate,
        MutationKind.PunchHole, MutationKind.PunchHole, MutationKind.PunchHole, MutationKind.PunchHole,
        MutationKind.ZeroRange, MutationKind.ZeroRange, MutationKind.ZeroRange,
        MutationKind.Grow, MutationKind.Grow, MutationKind.Grow,
        MutationKind.Write, MutationKind.Write,
        MutationKind.CollapseRange, MutationKind.InsertRange,
    ];

    private readonly SeededSequence _numbers = SeededSequence.For(seed, ActorRole.Mutate, lane);

    /// <summary>The next.</summary>
    public Mutation Next()
    {
        MutationKind kind = Kinds[_numbers.Below(Kinds.Length)];
        return kind switch
        {
            MutationKind.Truncate => new(kind, _numbers.Below(Workload.FileLength), 0),
            MutationKind.Grow => new(kind, Workload.FileLength, 0),
            MutationKind.Write => InStrip(kind),
            MutationKind.CollapseRange or MutationKind.InsertRange => Somewhere(kind, Page),
            // Half of them meet pages in part.
            _ => Somewhere(kind, _numbers.Below(2) == 0 ? Page : 1),
        };
    }

    private Mutation InStrip(MutationKind kind)
    {
        long length = 1 + _numbers.Below(Workload.StripLength);
        long start = Workload.RegionStart + Workload.RegionLength - Workload.StripLength;
        return new(kind, start + _numbers.Below(Workload.StripLength - length + 1), length);
    }

    private Mutation Somewhere(MutationKind kind, int unit)
    {
        long length = unit * (1 + _numbers.Below((128 << 10) / unit));
        return new(kind, unit * _numbers.Below((Workload.FileLength - length) / unit), length);
    }
}
