using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Filesystems that a program or another machine serves.</summary>
internal static class Served
{
    private static readonly string[] Network = ["nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "afs", "gfs2", "ocfs2", "lustre"];

    internal static Finding? Judge(AuditFacts facts)
    {
        string type = facts.Filesystem.Type;
        return type == "fuse.daxemu"
                ? new("changes from outside", Exposure.Possible, "a guarded volume of daxemu", "Changes made on the directory behind it are not seen.", "Keep other users out of that directory: chmod 700.")
            : Network.Contains(type)
                ? new("changes from outside", Exposure.Possible, $"{type}: other machines use the file too", "Another machine may truncate the file; this one learns of it late, and its pins not at all.", "Register files of a local filesystem.")
            : type.StartsWith("fuse", StringComparison.Ordinal) && type != "fuseblk"
                ? new("changes from outside", Exposure.Possible, $"{type}: a program serves the file", "The program may cut the file or drop its pages whenever it likes.", "Register files of a local filesystem.")
                : new("changes from outside", Exposure.No, "a local filesystem");
    }
}
