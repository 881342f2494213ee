namespace DaxEmu.Device;

/// <summary>Undoes the steps of something that was not completed, last first.</summary>
internal sealed class Rollback : IDisposable
{
    private readonly Stack<Action> _steps = new();

    /// <summary>Notes how to undo the step just taken.</summary>
    public void Add(Action undo) => _steps.Push(undo);

    /// <summary>All went well: nothing is undone.</summary>
    public void Commit() => _steps.Clear();

    /// <summary>Undoes what was not committed.</summary>
    public void Dispose()
    {
        while (_steps.TryPop(out Action? undo))
        {
            undo();
        }
    }
}
