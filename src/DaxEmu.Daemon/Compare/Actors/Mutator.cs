using System.Diagnostics;
using System.Globalization;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_falloc;

namespace DaxEmu.Daemon.Compare;

/// <summary>
/// Does to a file, by system calls, what its plan says. Commands: <c>mutate COUNT</c>, and <c>probe KIND OFFSET LENGTH</c> for something
/// else than the plan's.
/// </summary>
internal sealed class Mutator : IActor
{
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly MutatorPlan _plan;
    private byte _fill;

    /// <summary>Opens the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="plan">What to do.</param>
    public Mutator(string path, MutatorPlan plan)
    {
        _path = path;
        _plan = plan;
        int opened = FileContents.Open(path, O_RDWR, out SafeFileHandle? file);
        _file = opened < 0 ? throw new LinuxException($"open(\"{path}\", O_RDWR)", -opened) : file!;
    }

    /// <inheritdoc/>
    public async Task<ActorReply> RunAsync(string[] words)
    {
        switch (words)
        {
            case ["mutate", string count]:
                List<MutationResult> results = [];
                for (int left = int.Parse(count, CultureInfo.InvariantCulture); left > 0; left--)
                {
                    results.Add(Carry(_plan.Next()));
                    await Task.Delay(Workload.ThinkTime);
                }

                return new ActorReply { Mutations = results };
            case ["probe", string kind, string offset, string length]:
                return new ActorReply
                {
                    Mutations =
                    [
                        Carry(new Mutation(
                            Enum.Parse<MutationKind>(kind),
                            long.Parse(offset, CultureInfo.InvariantCulture),
                            long.Parse(length, CultureInfo.InvariantCulture))),
                    ],
                };
            default:
                throw new ArgumentException($"\"{string.Join(' ', words)}\" is no command", nameof(words));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Carries an operation out.</summary>
    public MutationResult Carry(Mutation mutation)
    {
        byte[] bytes = mutation.Kind == MutationKind.Write ? new byte[mutation.Length] : [];
        bytes.AsSpan().Fill(_fill = (byte)(_fill == 255 ? 1 : _fill + 1));
        long start = Stopwatch.GetTimestamp();
        int result;
        do
        {
            result = Call(mutation, bytes);
        }
        // As programs do: a signal of the runtime's own may come while the operation waits.
        while (result == -errno.EINTR);

        return new(mutation, result < 0 ? -result : 0, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
    }

    private int Call(Mutation mutation, byte[] bytes) => mutation.Kind switch
    {
        MutationKind.Truncate or MutationKind.Grow => FileContents.SetSizeThrough(_file, mutation.Offset),
        MutationKind.OpenTruncate => OpenTruncating(),
        MutationKind.PunchHole => Allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, mutation),
        MutationKind.ZeroRange => Allocate(FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, mutation),
        MutationKind.CollapseRange => Allocate(FALLOC_FL_COLLAPSE_RANGE, mutation),
        MutationKind.InsertRange => Allocate(FALLOC_FL_INSERT_RANGE, mutation),
        MutationKind.Write => FileContents.WriteAt(_file, bytes, mutation.Offset),
        _ => throw new ArgumentOutOfRangeException(nameof(mutation), mutation, "no such kind"),
    };

    private int Allocate(uint mode, Mutation mutation) => FileContents.Allocate(_file, mode, mutation.Offset, mutation.Length);

    private int OpenTruncating()
    {
        int opened = FileContents.Open(_path, O_WRONLY | O_TRUNC, out SafeFileHandle? file);
        file?.Dispose();
        return opened;
    }
}
