using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Demo;

/// <summary>The directories of one run of the demo; nothing of it stays.</summary>
internal sealed class DemoSandbox : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("daxemu-demo-").FullName;

    /// <summary>Makes the directories.</summary>
    public DemoSandbox()
    {
        Backing = Directory.CreateDirectory(Path.Combine(_root, "backing")).FullName;
        Mount = Directory.CreateDirectory(Path.Combine(_root, "mount")).FullName;
        Runtime = Path.Combine(_root, "run");

        // A configuration file of the user's own is none of the demo's business.
        Configuration = Path.Combine(_root, "daxemu.json");
        File.WriteAllText(Configuration, "{}");
    }

    /// <summary>The real directory.</summary>
    public string Backing { get; }

    /// <summary>Where the guard mounts it.</summary>
    public string Mount { get; }

    /// <summary>The daemon's runtime directory.</summary>
    public string Runtime { get; }

    /// <summary>The daemon's configuration file, empty.</summary>
    public string Configuration { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (MountTable.FilesystemTypeAt(Mount) is not null)
        {
            // The daemon did not: it crashed or was killed. Let ordinary users do it too.
            string[] program = Environment.IsPrivilegedProcess ? ["umount", "--lazy"] : ["fusermount3", "-u", "-z"];
            await ProgramRun.OfAsync(program[0], [.. program[1..], Mount]);
        }

        Directory.Delete(_root, recursive: true);
    }
}
