using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Daemon.Audit.Probes;
using DaxEmu.Linux;

namespace DaxEmu.Daemon.Audit;

/// <summary>Looks at a file or directory, without changing it, and judges what was seen.</summary>
internal static class Auditor
{
    /// <summary>Does it.</summary>
    /// <param name="path">The file or directory.</param>
    /// <exception cref="AuditException">It cannot be audited.</exception>
    public static AuditReport Audit(string path)
    {
        try
        {
            return Judge.Of(Look(path));
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            throw new AuditException($"\"{path}\" could not be audited: {e.Message}");
        }
    }

    private static AuditFacts Look(string path)
    {
        using Target target = Target.Of(path);
        FileFacts file = FileProbe.Look(target);
        MemoryLimit limit = MemoryLimitProbe.Look();
        return new(
            target.Path,
            FilesystemProbe.Look(target),
            file,
            ExtentProbe.Look(target),
            target.Leases,
            OpenerProbe.Look(target),
            SnapshotProbe.Look(target),
            limit,
            PinProbe.Ask(target, file, limit));
    }
}
