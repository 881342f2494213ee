namespace DaxEmu.Contract;

/// <summary>The rules that look at the blocks below the bytes.</summary>
internal static class LayoutRules
{
    private static readonly (FileInstabilities Which, string What)[] Sentences =
    [
        (FileInstabilities.SwapFile, "the kernel swaps to the file: swapoff it"),
        (FileInstabilities.Elsewhere, "a program or another machine holds the file's blocks: use a file of a local filesystem"),
        (FileInstabilities.Verity, "the file is sealed (fs-verity): copy it"),
        (FileInstabilities.Encrypted, "the file is encrypted by its filesystem: use a directory without an encryption policy"),
        (FileInstabilities.Compressed, "the file is compressed: chattr -c it, or btrfs property set FILE compression none, and write it anew"),
        (FileInstabilities.Inline, "its bytes lie in metadata, in no block of their own: make the file larger than a page"),
        (FileInstabilities.CopyOnWrite, "its filesystem writes every block to a new place: chattr +C the directory before the file is made, or use ext4 or xfs"),
        (FileInstabilities.JournalledData, "its bytes go through the journal: chattr -j it"),
    ];

    internal static AdmissionVerdict Judge(PinRequest request, FileFacts facts, AdmissionRules rules)
    {
        if (facts.Layout is not { } blocks)
        {
            return Admission.No(
                Errno.EOPNOTSUPP, "The rules for this file ask where its bytes lie, which cannot be found out for this memory: set Admission:Holes, SharedExtents and UnstableFiles to allow.");
        }

        FileLayout layout = blocks.Look(request.Range);
        if (rules.UnstableFiles == UnstableFileRule.Refuse && layout.Instabilities != FileInstabilities.None)
        {
            string what = string.Join("; ", Sentences.Where(s => layout.Instabilities.HasFlag(s.Which)).Select(s => s.What));
            return Admission.No(
                Errno.EOPNOTSUPP, $"The file cannot promise that its bytes stay in their blocks (Admission:UnstableFiles is refuse): {what}.");
        }

        AdmissionVerdict shared = Shared(facts, rules, layout);
        return shared.Refusal is null && shared.Remedy == Remedy.None ? Holes(request, rules, layout) : shared;
    }

    private static AdmissionVerdict Shared(FileFacts facts, AdmissionRules rules, FileLayout layout)
    {
        if (rules.SharedExtents == SharedExtentRule.Allow || (layout.SharingIsKnown && layout.Shared is null))
        {
            return default;
        }

        if (!layout.SharingIsKnown)
        {
            return Admission.No(
                Errno.EOPNOTSUPP,
                "Whether a clone or a snapshot shares the file's blocks cannot be found out, because its filesystem gives no map of its extents: " +
                "set Admission:SharedExtents to allow, or use ext4, xfs or btrfs.");
        }

        // swapon(8) refuses such a file too; the block is in use by another.
        return rules.SharedExtents == SharedExtentRule.Refuse || !facts.OpenForWriting
            ? Admission.No(
                Errno.EBUSY,
                $"The bytes {layout.Shared} share blocks with a clone or a snapshot (Admission:SharedExtents is {Name(rules.SharedExtents)}): " +
                "give them blocks of their own first (write them anew, or register a copy made with cp --reflink=never)" +
                (facts.OpenForWriting ? "." : ", or open the file for writing, so that it can be done here."))
            : new(null, Remedy.Unshare);
    }

    private static AdmissionVerdict Holes(PinRequest request, AdmissionRules rules, FileLayout layout)
    {
        if (rules.Holes != HoleRule.Allow && !layout.HolesAreKnown)
        {
            return Admission.No(
                Errno.EOPNOTSUPP,
                "Which of the file's bytes have no block cannot be found out, because its filesystem gives no map of its extents and the daemon " +
                "may not open it: set Admission:Holes to allow, or let the daemon's user read the file.");
        }

        if (rules.Holes == HoleRule.Refuse && (layout.Hole ?? layout.Unwritten) is { } flaw)
        {
            // Row "hole-only file, with write access", as 6.12 has it.
            string what = layout.Hole is null ? "were never written" : "have no block";
            return Admission.No(
                Errno.EFAULT,
                $"The bytes {flaw} {what} (Admission:Holes is refuse): write them first, with zeros for example.");
        }

        return rules.Holes == HoleRule.Allocate && layout.Hole is not null && request.Access.HasFlag(PinAccess.Write)
            ? new(null, Remedy.Allocate)
            : default;
    }

    private static string Name(SharedExtentRule rule) => rule == SharedExtentRule.Refuse ? "refuse" : "unshare";
}
