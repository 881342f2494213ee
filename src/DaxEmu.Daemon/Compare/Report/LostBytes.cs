namespace DaxEmu.Daemon.Compare;

/// <summary>Bytes that were written, and how many of them the disk does not have.</summary>
/// <param name="Written">Bytes written.</param>
/// <param name="Lost">Bytes that are not on the disk.</param>
internal sealed record LostBytes(long Written, long Lost);
