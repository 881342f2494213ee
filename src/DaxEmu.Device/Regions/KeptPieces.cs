using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// The mappings that a region needs for pages it keeps: its user's, until the region goes. Each piece cuts the region's mapping in two and lies
/// between.
/// </summary>
/// <param name="quota">The user's.</param>
internal sealed class KeptPieces(UserQuota quota)
{
    private const int MappingsPerPiece = 2;

    private readonly Lock _lock = new();
    private int _taken;
    private bool _isReleased;

    /// <summary>Counts a piece; ENOMEM when the user has its share of mappings.</summary>
    public NicResult Take()
    {
        lock (_lock)
        {
            for (int i = 0; i < MappingsPerPiece && !_isReleased; i++)
            {
                if (quota.TakeMapping() is { IsOk: false } refusal)
                {
                    Return(i);
                    return refusal;
                }

                _taken++;
            }

            return NicResult.Ok;
        }
    }

    /// <summary>Gives a piece back, which was not kept after all.</summary>
    public void Return()
    {
        lock (_lock)
        {
            Return(Math.Min(_taken, MappingsPerPiece));
        }
    }

    /// <summary>Gives all back; none is counted any more.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _isReleased = true;
            Return(_taken);
        }
    }

    private void Return(int mappings)
    {
        for (int i = 0; i < mappings; i++)
        {
            quota.ReturnMapping();
        }

        _taken -= mappings;
    }
}
