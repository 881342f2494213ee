namespace DaxEmu.Nic;

/// <summary>What the head of a work queue held.</summary>
internal enum FetchResult
{
    /// <summary>Nothing is posted.</summary>
    Empty,

    /// <summary>A work request, copied out of the ring.</summary>
    Fetched,

    /// <summary>A work request with more elements than the queue allows; only its fixed part was copied.</summary>
    Malformed,

    /// <summary>The client's index lies outside the ring, or the ring is not mapped here.</summary>
    Broken,
}
