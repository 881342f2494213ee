using DaxEmu.Contract;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>A contract under which everything proceeds, but a thread that asks who has pinned a file is held up until the test lets it go.</summary>
internal sealed class HoldingContract : ProceedingContract, IDisposable
{
    private readonly ManualResetEventSlim _gone = new();
    private readonly SemaphoreSlim _held = new(0);

    /// <summary>Waits until so many threads are held up.</summary>
    internal async Task HeldAsync(int threads)
    {
        for (int i = 0; i < threads; i++)
        {
            await _held.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    internal void LetGo() => _gone.Set();

    public override IReadOnlyList<Pin> PinsOf(FileIdentity? file = null)
    {
        _held.Release();
        _gone.Wait();
        return [];
    }

    public void Dispose()
    {
        LetGo();
        _held.Dispose();
    }
}
