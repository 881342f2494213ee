namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>A process that has the file open or mapped.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="Command">Its program.</param>
/// <param name="Writes">True when through a descriptor open for writing, or a shared mapping that may be written.</param>
/// <param name="Open">True when through a descriptor, false when a mapping alone is left.</param>
internal sealed record Opener(int ProcessId, string Command, bool Writes, bool Open);
