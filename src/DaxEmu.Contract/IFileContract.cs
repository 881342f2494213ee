namespace DaxEmu.Contract;

/// <summary>
/// The filesystem partner: grants pins and judges layout operations. The check and the operation are one step: while a
/// layout operation that may proceed has not ended, no pin is granted on its range, and the reverse. Safe for any number of threads.
/// </summary>
public interface IFileContract
{
    /// <summary>
    /// Asks for a pin. Completes at once unless a layout operation on the range is in flight (then when that has ended), or the file must be
    /// made fit for it first.
    /// </summary>
    /// <param name="request">The wish.</param>
    /// <param name="readFacts">Reads the file's state; called in the same step as the decision, so it must be quick and must not call the contract.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <returns>The pin, or the refusal with its errno and sentence.</returns>
    ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation);

    /// <summary>Gives a pin back. Releasing one that is already gone does nothing.</summary>
    void Unpin(Pin pin);

    /// <summary>
    /// Asks whether a layout operation may go ahead. Completes at once unless the policy waits.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="cancellation">The caller was interrupted: where it would have to wait, the decision is then a refusal with EINTR.</param>
    /// <returns>The verdict; dispose it when the operation has been carried out.</returns>
    ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation);

    /// <summary>
    /// Refuses an operation that meets a pin, whatever the file's policy, because its caller does the same in another way when it fails:
    /// copy_file_range(2), which would share blocks, is followed by reading and writing. Recorded as one that was judged.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="errno">What its caller is told.</param>
    /// <returns>False when it meets no pin: nothing was recorded, and it is to be asked for like any other.</returns>
    bool Forbid(LayoutOperation operation, int errno) => IsPinned(operation.File, operation.Range);

    /// <summary>
    /// Reports that a region's bytes changed without the contract having been asked, such as a truncate of the backing file.
    /// </summary>
    /// <param name="pin">The pin whose range was affected.</param>
    /// <param name="range">The bytes of the file that could not be reached.</param>
    /// <param name="evidence">What was seen, as a sentence.</param>
    void ReportBreach(Pin pin, ByteRange range, string evidence);

    /// <summary>
    /// Reports that a device could not copy to or from a file (<see cref="PinMapping.Bounce"/>), whose state nobody had promised.
    /// </summary>
    /// <param name="pin">The pin whose range was affected.</param>
    /// <param name="range">The bytes of the file that could not be reached.</param>
    /// <param name="isTaken">The bytes were not there, as after an operation that took them; false when something else was in the way.</param>
    /// <param name="evidence">Why not, as a sentence.</param>
    void ReportFailedAccess(Pin pin, ByteRange range, bool isTaken, string evidence);

    /// <summary>
    /// Reports that a device used pages which had left the file and which its region kept (<see cref="Policy.Legacy"/>).
    /// </summary>
    /// <param name="pin">The pin of its region.</param>
    /// <param name="range">The bytes of the file that these pages held.</param>
    /// <param name="access"><see cref="PinAccess.Read"/> or <see cref="PinAccess.Write"/>.</param>
    void ReportDivergence(Pin pin, ByteRange range, PinAccess access);

    /// <summary>
    /// Says that a program is about to make a file durable (fsync(2)). Under <see cref="Policy.Legacy"/> it is told what a device wrote since the
    /// time before: a real kernel would leave that out, for the device does not mark pages as changed.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">A name of it.</param>
    /// <param name="requester">Who asks.</param>
    /// <param name="heldBack">
    /// The pages that were held back since the time before, by first byte, where the guard does what a real kernel does; null where it does
    /// not, and they are on the disk.
    /// </param>
    void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack);

    /// <summary>
    /// Whether what only a device wrote is to be held back from the disk, as a real kernel does (<see cref="Policy.Legacy"/>).
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">A name of it.</param>
    bool HoldsBackWrites(FileIdentity file, string path);

    /// <summary>
    /// Asks which bytes of pages devices wrote since this was asked last, because the pages are about to be written back. Null when all that
    /// is in them is to reach the disk. The first time none: what devices write is remembered from then on.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">A name of it.</param>
    /// <param name="pages">The pages.</param>
    DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages);

    /// <summary>A device makes bytes durable by itself (FLUSH to persistence): none of them may be held back any more.</summary>
    /// <param name="file">The file.</param>
    /// <param name="range">The bytes.</param>
    /// <returns>0 or an errno.</returns>
    int Persist(FileIdentity file, ByteRange range);

    /// <summary>The pins held now, in the order they were granted; on one file or on all.</summary>
    IReadOnlyList<Pin> PinsOf(FileIdentity? file = null);

    /// <summary>True when a pin that does not yield overlaps the range. Constant memory, O(log n) in the file's pins.</summary>
    bool IsPinned(FileIdentity file, ByteRange range);
}
