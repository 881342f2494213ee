using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>
/// The queue pairs that get what is sent to a multicast address. Engines read it while the control plane changes it: a member is one word,
/// and a group is reused only when no engine can still be at it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct MulticastGroup
{
    /// <summary>Queue pairs in one group: as many as the rxe driver allows.</summary>
    public const int Capacity = 56;

    public Gid Address;

    /// <summary>The next group of the same bucket, plus 1; 0: none.</summary>
    public int Next;

    /// <summary>Queue pair numbers; 0 where there is none.</summary>
    public MemberArray Members;

    [InlineArray(Capacity)]
    public struct MemberArray
    {
        private uint _first;
    }
}
