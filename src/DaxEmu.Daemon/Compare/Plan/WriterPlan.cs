namespace DaxEmu.Daemon.Compare;

/// <summary>The RDMA writes of one writer, without end.</summary>
/// <param name="seed">The experiment's seed.</param>
/// <param name="lane">The writer's lane.</param>
internal sealed class WriterPlan(ulong seed, int lane)
{
    private static readonly int[] Lengths = [8, 64, 512, 4096, 4096, 16 << 10, 64 << 10];

    private readonly SeededSequence _numbers = SeededSequence.For(seed, ActorRole.Write, lane);

    /// <summary>The next.</summary>
    public PlannedWrite Next()
    {
        int length = Lengths[_numbers.Below(Lengths.Length)];
        int offset = (int)_numbers.Below(Workload.RegionLength - Workload.StripLength - length + 1);
        return new(offset, length, (byte)(1 + _numbers.Below(255)));
    }
}
