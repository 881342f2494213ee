using System.Text.Json.Serialization;

namespace DaxEmu.Contract;

/// <summary>A wish to keep a byte range of a file in place for a device.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">A name of the file at the time of the request, for messages only.</param>
/// <param name="Range">The bytes the device will reach, exactly; never rounded to pages.</param>
/// <param name="Access">What the device will do with them.</param>
/// <param name="Kind">For how long.</param>
/// <param name="Mapping">What a store through the mapping reaches.</param>
/// <param name="Owner">Who asks.</param>
/// <param name="Region">The memory region in the asker's terms, such as <c>rkey 0x1a03</c>, for messages only.</param>
public sealed record PinRequest(
    FileIdentity File,
    string Path,
    ByteRange Range,
    PinAccess Access,
    PinKind Kind,
    PinMapping Mapping,
    PinOwner Owner,
    string Region)
{
    /// <summary>
    /// True when the pages count as changed when the pin comes and when it goes, and not when the device writes them (the kernel's
    /// ib_umem_get and ib_umem_release). A device on demand faults pages in for writing, as a program does.
    /// </summary>
    [JsonIgnore]
    public bool IsUnmarkedWriting => Access.HasFlag(PinAccess.Write) && Kind == PinKind.LongTerm && Mapping == PinMapping.PageCache;
}
