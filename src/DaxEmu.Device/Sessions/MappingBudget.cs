namespace DaxEmu.Device;

/// <summary>
/// The memory mappings that the daemon's process may have for its clients. A user may hold up to four times what is still free: one alone
/// gets four fifths of all, and there is always something left for the next. Safe for any number of threads.
/// </summary>
/// <param name="total">All there are.</param>
internal sealed class MappingBudget(int total)
{
    private const int ShareOfFree = 4;

    private readonly Lock _lock = new();
    private int _taken;

    /// <summary>Takes one.</summary>
    /// <param name="held">What the user holds; counted up.</param>
    /// <returns>False when the user has its share.</returns>
    public bool TryTake(ref int held)
    {
        lock (_lock)
        {
            if (held + 1 > ShareOfFree * (total - _taken - 1))
            {
                return false;
            }

            _taken++;
            held++;
            return true;
        }
    }

    /// <summary>Gives one back.</summary>
    /// <param name="held">What the user holds; counted down.</param>
    public void Return(ref int held)
    {
        lock (_lock)
        {
            _taken--;
            held--;
        }
    }
}
