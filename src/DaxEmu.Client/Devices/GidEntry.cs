namespace DaxEmu.Client;

/// <summary>One entry in use of a port's GID table.</summary>
/// <param name="Index">Place in the table; what a queue pair names as its source.</param>
/// <param name="Gid">The address.</param>
/// <param name="Type">The protocol it speaks.</param>
public readonly record struct GidEntry(int Index, Gid Gid, GidType Type);
