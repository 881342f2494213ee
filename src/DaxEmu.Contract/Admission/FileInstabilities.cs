namespace DaxEmu.Contract;

/// <summary>Why a file cannot promise that its bytes stay in their blocks.</summary>
[Flags]
public enum FileInstabilities
{
    /// <summary>Nothing is known that would move them.</summary>
    None = 0,

    /// <summary>The filesystem writes every block to a new place, and the file is not exempt (chattr +C on btrfs).</summary>
    CopyOnWrite = 1,

    /// <summary>They are compressed, or will be.</summary>
    Compressed = 2,

    /// <summary>The filesystem encrypts them: the block never holds what the page does.</summary>
    Encrypted = 4,

    /// <summary>They lie in metadata, in no block of their own.</summary>
    Inline = 8,

    /// <summary>The kernel swaps to the file.</summary>
    SwapFile = 16,

    /// <summary>They are sealed against any change (fs-verity).</summary>
    Verity = 32,

    /// <summary>They go through the journal first (ext4, chattr +j).</summary>
    JournalledData = 64,

    /// <summary>A program or another machine holds them.</summary>
    Elsewhere = 128,
}
