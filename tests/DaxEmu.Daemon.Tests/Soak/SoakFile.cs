using System.Text;
using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Compare;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.fcntl;

namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>A real file, the process that registers parts of it, and a peer that reaches them: what the model is held against.</summary>
internal sealed class SoakFile : IAsyncDisposable
{
    private static readonly byte[] Attribute = Encoding.ASCII.GetBytes(PolicyName.Attribute + "\0");

    private readonly Stage _stage;
    private readonly int _number;
    private readonly Mutator _mutator;
    private readonly SafeFileHandle _file;
    private ActorProcess? _holder;

    private SoakFile(Stage stage, int number)
    {
        _stage = stage;
        _number = number;
        Path = System.IO.Path.Combine(stage.Mount, $"soak{number}");
        File.WriteAllBytes(Path, []);
        Eye = new Eye(stage.DeviceSocket, Path);
        _mutator = new Mutator(Path, new MutatorPlan(0, number));
        Assert.Equal(0, FileContents.Open(Path, O_RDWR, out SafeFileHandle? file));
        _file = file!;
    }

    public string Path { get; }

    public Eye Eye { get; }

    public ModelFile Model { get; } = new();

    /// <summary>Whether its holder gives regions back when it is asked to.</summary>
    public bool HolderLetsGo => Lane.HolderLetsGo(_number);

    public static async Task<SoakFile> StartAsync(Stage stage, int number, CancellationToken patience)
    {
        SoakFile file = new(stage, number);
        await file.StartHolderAsync(patience);
        return file;
    }

    public Task<ActorReply> AskHolderAsync(string command, CancellationToken patience) => _holder!.CommandAsync(command, patience);

    /// <summary>Waits for the holder to be gone, which has been killed, and starts another.</summary>
    public async Task ReplaceHolderAsync(CancellationToken patience)
    {
        Assert.Equal(128 + 9, await _holder!.EndedAsync(patience));
        await _holder.DisposeAsync();
        while ((await _stage.Admin.PinsAsync(Path, patience)).Count > 0)
        {
            await Task.Yield();
        }

        await StartHolderAsync(patience);
    }

    public async Task RelinkAsync(CancellationToken patience)
    {
        string mine = Eye.Relink();
        ActorReply theirs = await AskHolderAsync("link eye", patience);
        Eye.Connect(QueuePairAddress.Parse(theirs.Address!));
        await AskHolderAsync($"connect eye {mine}", patience);
    }

    public int Mutate(Mutation mutation) => _mutator.Carry(mutation).Errno;

    public void Write(int offset, int length, byte value)
    {
        byte[] bytes = new byte[length];
        bytes.AsSpan().Fill(value);
        Assert.Equal(length, FileContents.WriteAt(_file, bytes, offset));
    }

    public void SetPolicy(string policy) =>
        Assert.Equal(0, FileStatus.SetExtended(_file, Attribute, Encoding.ASCII.GetBytes(policy), 0));

    public async ValueTask DisposeAsync()
    {
        if (_holder is not null)
        {
            await _holder.DisposeAsync();
        }

        Eye.Dispose();
        _mutator.Dispose();
        _file.Dispose();
    }

    private async Task StartHolderAsync(CancellationToken patience)
    {
        _holder = await ActorProcess.StartAsync(_stage, ActorRole.Hold, [_stage.DeviceSocket, Path, "0", $"{_number}"], patience);
        await RelinkAsync(patience);
    }
}
