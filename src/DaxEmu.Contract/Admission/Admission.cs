namespace DaxEmu.Contract;

/// <summary>Whether a pin may be granted at all. Pins never conflict with each other, only with the file's state.</summary>
/// <remarks>
/// The errno are those of the kernel's own pin (the table "May it be registered?" in docs/reference/pins.md), taken from the
/// 6.1 column where kernels differ. What only a rule refuses has the errno that the kernel gives for the nearest thing.
/// </remarks>
internal static class Admission
{
    /// <summary>Judges a request against the file as it is now.</summary>
    internal static AdmissionVerdict Judge(PinRequest request, FileFacts facts, AdmissionRules rules)
    {
        // ibv_reg_mr(3) with length 0; a pin of no byte would protect nothing and yet be listed.
        if (request.Range.IsEmpty)
        {
            return No(Errno.EINVAL, "The range is empty: register at least one byte.");
        }

        // Row "PROT_READ mapping, write access": EFAULT, although open(2) would say EACCES.
        if (request.Access.HasFlag(PinAccess.Write) && !facts.OpenForWriting)
        {
            return No(
                Errno.EFAULT,
                "Write access is asked on a file that is not open for writing: open it with O_RDWR and map it with PROT_WRITE, " +
                "or register it without local write, remote write and remote atomic access.");
        }

        bool bounces = rules.Mapping == MappingRule.Bounce && request.Mapping != PinMapping.Sync;

        // Nothing is pinned: what an access finds is looked up when it comes.
        if (request.Kind == PinKind.Odp)
        {
            return new(null, Yields: true, Bounces: bounces);
        }

        // Row "range past end of file". To the byte: the rest of the last page is mapped, but what is written there is not in the file.
        if (request.Range.End > facts.Size)
        {
            return No(Errno.EFAULT, PastTheEnd(request.Range, facts.Size));
        }

        if (!facts.OpenForWriting && rules.Readers == ReaderRule.Refuse)
        {
            return No(
                Errno.EACCES,
                "The file is not open for writing, and whoever cannot write it may not pin it here (Admission:Readers is refuse): " +
                "open it with O_RDWR, or register it with IBV_ACCESS_ON_DEMAND.");
        }

        if (rules.Mapping == MappingRule.Sync && request.Mapping != PinMapping.Sync)
        {
            return No(
                Errno.EOPNOTSUPP,
                "The mapping is not synchronous, which is demanded here (Admission:Mapping is sync): map the file with " +
                "MAP_SHARED_VALIDATE | MAP_SYNC, on a filesystem with DAX.");
        }

        AdmissionVerdict verdict = rules.AskForLayout ? LayoutRules.Judge(request, facts, rules) : default;
        if (verdict.Refusal is not null || verdict.Remedy != Remedy.None)
        {
            return verdict;
        }

        // What bounces has no page to lose: an operation changes what its next access finds, and nothing else.
        return new(null, Yields: bounces || (!facts.OpenForWriting && rules.Readers == ReaderRule.Yield), Bounces: bounces);
    }

    internal static AdmissionVerdict No(int errno, string reason) => new(new Refusal(errno, reason));

    private static string PastTheEnd(ByteRange range, ulong size)
    {
        string fits = range.Start < size ? $", or register only {new ByteRange(range.Start, size)}" : "";
        return $"The range {range} reaches past the end of the file, which has {size} bytes: " +
            $"grow the file to {range.End} bytes first (ftruncate, fallocate){fits}.";
    }
}
