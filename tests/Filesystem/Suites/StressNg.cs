using System.Text.RegularExpressions;
using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>stress-ng's stressors of files and of mappings of files, all at once, verifying what they read.</summary>
internal sealed partial class StressNg : Suite
{
    private static readonly string[] Stressors =
    [
        "access", "aiol", "chdir", "chmod", "chown", "copy-file", "dentry", "dir", "dirdeep", "dirmany", "dup", "fallocate", "fcntl", "fiemap",
        "filename", "flock", "fpunch", "fsize", "fstat", "getdent", "handle", "hdd", "inotify", "io", "iomix", "lease", "link", "locka",
        "lockf", "lockofd", "mknod", "mmap", "msync", "open", "readahead", "rename", "revio", "seek", "sendfile", "splice", "symlink",
        "sync-file", "tee", "touch", "utime", "xattr",
    ];

    internal override string Name => "stress-ng";

    internal override string? Package => "stress-ng";

    internal override string What => "its file system stressors, and those of mapped files, all at once, with --verify";

    internal override IReadOnlyDictionary<string, string> Exceptions { get; } = new Dictionary<string, string>
    {
        ["fiemap"] = "skips itself: the kernel's FUSE has no FIEMAP",
    };

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work)
    {
        Script run = await Script.RunAsync(
            $"""
            stress-ng --temp-path {directory} --verify --timeout 12 {string.Join(' ', Stressors.Select(s => $"--{s} 1"))} --mmap-file \
              --mmap-bytes 8m --msync-bytes 4m --hdd-bytes 16m --iomix-bytes 16m --fallocate-bytes 16m --readahead-bytes 4m --revio-bytes 16m \
              --seek-size 4m --dirdeep-inodes 1000 --dentries 1024 --chdir-dirs 1024
            """, directory);
        Dictionary<string, Outcome> found = Stressors.ToDictionary(s => s, s => new Outcome(s, Verdict.Passed));
        foreach (Match line in run.Lines.Select(l => Line().Match(l)).Where(m => m.Success))
        {
            string stressor = line.Groups[2].Value;
            bool isSkipped = line.Groups[3].Value.Contains("skipping stressor", StringComparison.Ordinal);
            if (found.ContainsKey(stressor) && (isSkipped || line.Groups[1].Value is "fail" or "error"))
            {
                found[stressor] = new(stressor, isSkipped ? Verdict.Skipped : Verdict.Failed, line.Groups[3].Value);
            }
        }

        return run.ExitStatus == 0 ? [.. found.Values] : [.. found.Values, new("the whole", Verdict.Failed, run.Text)];
    }

    [GeneratedRegex(@"^stress-ng: (\w+): +\[\d+\] ([\w-]+): (.*)$")]
    private static partial Regex Line();
}
