namespace DaxEmu.Nic;

/// <summary>
/// Copies to and from client memory that is not mapped in this process, in the background: such a copy may wait for the client, or for a
/// disk, which then holds up the queue pairs that use this memory, and nobody else. A queue pair has one place, where one copy at a time is under way.
/// </summary>
/// <remarks>No call waits. The holder of a queue pair's send lock makes the calls for its place.</remarks>
public unsafe interface IUnmappedMemory
{
    /// <summary>Most bytes of one copy.</summary>
    uint MaxBytes { get; }

    /// <summary>Takes a place into use: its bytes, to be filled before <see cref="Write"/>. A copy still under way there is given up.</summary>
    /// <param name="place">Index of the queue pair.</param>
    byte* Claim(uint place);

    /// <summary>Begins to copy from the client's memory to the place, which was claimed.</summary>
    /// <param name="place">Index of the queue pair.</param>
    /// <param name="mapping">Index in the <see cref="MappingTable"/>.</param>
    /// <param name="offset">First byte in that mapping.</param>
    /// <param name="length">Bytes, at most <see cref="MaxBytes"/>.</param>
    /// <returns>A ticket to look with, never 0.</returns>
    uint Read(uint place, int mapping, ulong offset, uint length);

    /// <summary>Begins to copy from the place to the client's memory; the last bytes change last.</summary>
    /// <inheritdoc cref="Read"/>
    uint Write(uint place, int mapping, ulong offset, uint length);

    /// <summary>
    /// Begins a 64-bit atomic operation, atomic with respect to all copies to memory of that client; the place then holds what was there.
    /// </summary>
    /// <param name="place">Index of the queue pair.</param>
    /// <param name="mapping">Index in the <see cref="MappingTable"/>.</param>
    /// <param name="offset">The target in that mapping.</param>
    /// <param name="isCompareSwap">False: fetch and add.</param>
    /// <param name="compareAdd">What to compare with, or to add.</param>
    /// <param name="swap">What to store when it compares equal.</param>
    /// <returns>A ticket to look with, never 0.</returns>
    uint Atomic(uint place, int mapping, ulong offset, bool isCompareSwap, ulong compareAdd, ulong swap);

    /// <summary>How a copy stands.</summary>
    /// <param name="place">Index of the queue pair.</param>
    /// <param name="ticket">Of the copy.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="bytes">The place's bytes; null when there is no such copy.</param>
    UnmappedCopy Look(uint place, uint ticket, out uint length, out byte* bytes);

    /// <summary>Why the last copy of a place failed: a value of errno(3); 0 when the memory was not there.</summary>
    /// <param name="place">Index of the queue pair.</param>
    int ErrnoOf(uint place);
}
