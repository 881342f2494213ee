namespace DaxEmu.Daemon.Compare;

/// <summary>Something that a program does to a file.</summary>
/// <param name="Kind">What.</param>
/// <param name="Offset">First byte in the file; the new length of a truncate.</param>
/// <param name="Length">Bytes; 0 where there is nothing to count.</param>
internal readonly record struct Mutation(MutationKind Kind, long Offset, long Length);
