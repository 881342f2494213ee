namespace DaxEmu.Daemon.Compare;

/// <summary>An RDMA write of one byte value.</summary>
/// <param name="Offset">First byte, counted from the region's first.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Fill">The value of each; never 0, which is what an emptied file has.</param>
internal readonly record struct PlannedWrite(int Offset, int Length, byte Fill);
