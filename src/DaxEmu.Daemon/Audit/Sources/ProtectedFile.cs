using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Flags, mounts and filesystems that let nobody write.</summary>
internal static class ProtectedFile
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "write protection";
        (string seen, string off) = facts switch
        {
            { Filesystem: var f } when f.Options.Contains("ro") => ("the filesystem is mounted read-only", "mount -o remount,rw."),
            { File: var f } when f.Has(FileFlags.Immutable) => ("immutable (chattr +i)", "chattr -i."),
            { File: var f } when f.Has(FileFlags.AppendOnly) => ("append-only (chattr +a)", "chattr -a."),
            _ => ("", ""),
        };
        return seen.Length == 0
            ? new(source, Exposure.No, "neither immutable nor append-only, and the mount is writable")
            : new(source, Exposure.Now, seen, "The file cannot be mapped shared for writing: a region that anybody writes into cannot be registered.", off);
    }
}
