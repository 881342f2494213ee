namespace DaxEmu.Contract;

/// <summary>An operation that would change the blocks under a byte range.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">A name of the file at the time of the request, for messages only.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="Range">The bytes that would lose or change their blocks: a truncate to N has [N, EOF), a collapse or insert at N has [N, EOF).</param>
/// <param name="Requester">Who asks.</param>
public sealed record LayoutOperation(FileIdentity File, string Path, LayoutOperationKind Kind, ByteRange Range, Requester Requester);
