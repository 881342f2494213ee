using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.PreContent;

/// <summary>Something that a thread is about to do to a marked file. The thread waits for an answer, unless it has done it already.</summary>
/// <param name="File">The file, by a descriptor of its own that causes no events.</param>
/// <param name="Thread">The thread; 0 when it has no id in this pid namespace.</param>
/// <param name="IsOpen">It opens the file.</param>
/// <param name="HasOpened">It has opened the file, and waits for no answer.</param>
/// <param name="Offset">First byte that it is about, rounded down to a page by the kernel.</param>
/// <param name="Count">How many, rounded up; 0 where there is no end, or where it is not told.</param>
internal sealed record PreContentEvent(SafeFileHandle File, int Thread, bool IsOpen, bool HasOpened, ulong Offset, ulong Count)
{
    /// <summary>The bytes that it is about.</summary>
    internal ByteRange Range => Count == 0 ? ByteRange.From(Offset) : ByteRange.OfLength(Offset, Count);
}
