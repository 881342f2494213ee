namespace DaxEmu.Conformance;

/// <summary>A file that a program has registered for RDMA: programs/hold_file.c.</summary>
internal sealed class HeldFile : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly RunningProgram _holder;

    private HeldFile(RunningProgram holder) => _holder = holder;

    /// <summary>The holder's process.</summary>
    internal RunningProgram Holder => _holder;

    public void Dispose() => _holder.Dispose();

    internal static async Task<HeldFile> OfAsync(Machine machine, string path)
    {
        string program = await machine.CompileAsync("hold_file");
        HeldFile held = new(machine.StartWithInput(program, path));
        await held._holder.WaitForTextAsync("held", Patience);
        return held;
    }

    /// <summary>Has it given back.</summary>
    internal async Task LetGoAsync()
    {
        _holder.EndInput();
        await _holder.WaitForTextAsync("released", Patience);
    }
}
