using System.Text.Json;
using System.Text.Json.Serialization;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>The files of a guard's cells, four for each: the pinned one, a twin that nobody pins, and a second file for either.</summary>
internal sealed class GuardedFiles : IDisposable
{
    /// <summary>Ends the name of the twin.</summary>
    public const string Twin = ".twin";

    /// <summary>Ends the name of the second file of an operation.</summary>
    public const string Other = ".other";

    private const int Length = 16 * 4096;
    private const UnixFileMode Everybody = (UnixFileMode)0b110_110_110;
    private static readonly JsonSerializerOptions WithoutNull = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly CoveredGuard _guard;
    private readonly CoverageFilesystems _filesystems;

    private GuardedFiles(CoveredGuard guard, CoverageFilesystems filesystems)
    {
        _guard = guard;
        _filesystems = filesystems;
        Runtime = Path.Combine(filesystems.Make("run"), guard.Word);
        Configuration = filesystems.Write($"{guard.Word}.json", JsonSerializer.Serialize(new
        {
            Volumes = CoverageFilesystems.Names.Select(n => new
            {
                Backing = Real(n),
                Mount = guard.Mounts ? Guarded(n) : null,
                Guard = guard.Key,
                Passthrough = guard.Mounts && !guard.IsPassedThrough ? "off" : "auto",
            }),
        }, WithoutNull));
    }

    /// <summary>The daemon's runtime directory.</summary>
    public string Runtime { get; }

    /// <summary>Its device.</summary>
    public string DeviceSocket => Path.Combine(Runtime, "device.sock");

    /// <summary>Its configuration file.</summary>
    public string Configuration { get; }

    /// <summary>Makes them, all alike and on their disks.</summary>
    public static async Task<GuardedFiles> MakeAsync(CoveredGuard guard, CoverageFilesystems filesystems, CancellationToken patience)
    {
        GuardedFiles files = new(guard, filesystems);
        byte[] bytes = new byte[Length];
        Array.Fill(bytes, (byte)'a');
        foreach ((CoveredOperation operation, CoveredCaller caller) in CoveredOperation.All.SelectMany(_ => guard.Callers, (o, c) => (o, c)))
        {
            foreach (string ending in (string[])["", Twin])
            {
                string file = files.Of(operation, caller, ending).Real;
                Make(file, bytes);
                Make(file + Other, bytes);
                if (operation.IsShared)
                {
                    ProgramRun run = await ProgramRun.OfAsync("cp", ["--reflink=always", file, file + ".clone"], patience);
                    Assert.True(run.Succeeded, run.Error);
                }
            }
        }

        await filesystems.SyncAsync(patience);
        return files;
    }

    /// <summary>A file of a cell.</summary>
    /// <param name="operation">Its row.</param>
    /// <param name="caller">Its column.</param>
    /// <param name="ending">Empty, or <see cref="Twin"/>.</param>
    public CoveredFile Of(CoveredOperation operation, CoveredCaller caller, string ending = "")
    {
        string name = $"{operation.Word}.{caller.Word}{ending}";
        string real = Path.Combine(Real(operation.Filesystem), name);
        string guarded = Path.Combine(Guarded(operation.Filesystem), name);
        return new(real, guarded, caller.GoesAroundMount ? real : guarded);
    }

    public void Dispose()
    {
        foreach (string filesystem in CoverageFilesystems.Names)
        {
            Directory.Delete(Real(filesystem), recursive: true);
        }
    }

    private static void Make(string file, byte[] bytes)
    {
        File.WriteAllBytes(file, bytes);
        File.SetUnixFileMode(file, Everybody);
    }

    private string Real(string filesystem) => Directory.CreateDirectory(Path.Combine(_filesystems.Of(filesystem), _guard.Word)).FullName;

    private string Guarded(string filesystem) => _guard.Mounts ? _filesystems.Make($"{filesystem}.{_guard.Word}") : Real(filesystem);
}
