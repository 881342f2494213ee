namespace DaxEmu.Contract;

/// <summary>Whether a pin may be granted at all. Pins never conflict with each other, only with the file's state.</summary>
/// <remarks>
/// The errno are those of the kernel's own pin (the table "May it be registered?" in docs/reference/pins.md), taken from the
/// 6.1 column where kernels differ.
/// </remarks>
internal static class Admission
{
    /// <summary>Judges a request against the file as it is now.</summary>
    /// <returns>Null when the pin may be granted.</returns>
    internal static Refusal? Refuse(PinRequest request, FileFacts facts)
    {
        // ibv_reg_mr(3) with length 0; a pin of no byte would protect nothing and yet be listed.
        if (request.Range.IsEmpty)
        {
            return new(Errno.EINVAL, "The range is empty: register at least one byte.");
        }

        // Row "ON_DEMAND". Granting it as a long-term pin would deny operations that an on-demand region permits.
        if (request.Kind == PinKind.Odp)
        {
            return new(Errno.EINVAL, "On-demand regions over a file are not offered: register it without IBV_ACCESS_ON_DEMAND.");
        }

        // Row "range past end of file". To the byte: the rest of the last page is mapped, but what is written there is not in the file.
        if (request.Range.End > facts.Size)
        {
            return new(Errno.EFAULT, PastTheEnd(request.Range, facts.Size));
        }

        // Row "PROT_READ mapping, write access": EFAULT, although open(2) would say EACCES.
        if (request.Access.HasFlag(PinAccess.Write) && !facts.OpenForWriting)
        {
            return new(
                Errno.EFAULT,
                "Write access is asked on a file that is not open for writing: open it with O_RDWR and map it with PROT_WRITE, " +
                "or register it without local write, remote write and remote atomic access.");
        }

        return null;
    }

    private static string PastTheEnd(ByteRange range, ulong size)
    {
        string fits = range.Start < size ? $", or register only {new ByteRange(range.Start, size)}" : "";
        return $"The range {range} reaches past the end of the file, which has {size} bytes: " +
            $"grow the file to {range.End} bytes first (ftruncate, fallocate){fits}.";
    }
}
