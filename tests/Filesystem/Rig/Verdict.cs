namespace DaxEmu.Filesystem.Rig;

/// <summary>How a test ended.</summary>
internal enum Verdict
{
    /// <summary>As it should.</summary>
    Passed,

    /// <summary>It found something wrong.</summary>
    Failed,

    /// <summary>It did not run.</summary>
    Skipped,
}
