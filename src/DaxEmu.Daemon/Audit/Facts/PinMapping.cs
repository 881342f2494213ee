namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>How the file was mapped for a pin.</summary>
internal enum PinMapping
{
    /// <summary>PROT_READ | PROT_WRITE, MAP_SHARED.</summary>
    Writable,

    /// <summary>PROT_READ, MAP_SHARED.</summary>
    ReadOnly,

    /// <summary>PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC.</summary>
    Synchronous,
}
