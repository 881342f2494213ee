namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>What has become of a memory region once the operation has ended, when its holder did nothing.</summary>
internal enum RegionFate
{
    /// <summary>It has its pin, and all its bytes are the file's.</summary>
    Kept,

    /// <summary>It was cut off, and its pin is gone.</summary>
    Revoked,

    /// <summary>The same, and its process was killed.</summary>
    Killed,

    /// <summary>It has its pin; the bytes that it shares with the operation are what the file has there now.</summary>
    Invalidated,

    /// <summary>It has its pin, and pages which are no longer the file's.</summary>
    Orphaned,
}
