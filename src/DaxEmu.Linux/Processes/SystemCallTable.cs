using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Processes;

/// <summary>
/// The numbers of <see cref="SystemCall"/>: asm/unistd_64.h on x86-64, asm-generic/unistd.h on arm64. A 32-bit program has numbers of its own:
/// of its calls that change blocks only openat(2) has a number that is in here, preadv's, and no event of an open file is a read's.
/// </summary>
internal static class SystemCallTable
{
    private static readonly Dictionary<int, SystemCall> Calls = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Arm() : Intel();

    /// <summary>What a number means on this machine.</summary>
    internal static SystemCall Of(int number) => Calls.GetValueOrDefault(number);

    private static Dictionary<int, SystemCall> Intel() => With(
        // read write mmap pread64 pwrite64 readv writev sendfile readahead splice preadv pwritev preadv2 pwritev2
        [0, 1, 9, 17, 18, 19, 20, 40, 187, 275, 295, 296, 327, 328],
        new()
        {
            [59] = SystemCall.Execute,
            [322] = SystemCall.Execute,
            [76] = SystemCall.Truncate,
            [77] = SystemCall.TruncateDescriptor,
            [285] = SystemCall.Allocate,
            [28] = SystemCall.Advise,
            [16] = SystemCall.Control,
            [326] = SystemCall.CopyRange,
            [2] = SystemCall.Open,
            [85] = SystemCall.Create,
            [257] = SystemCall.OpenAt,
            [304] = SystemCall.OpenByHandle,
        });

    private static Dictionary<int, SystemCall> Arm() => With(
        // As above.
        [63, 64, 222, 67, 68, 65, 66, 71, 213, 76, 69, 70, 286, 287],
        new()
        {
            [221] = SystemCall.Execute,
            [281] = SystemCall.Execute,
            [45] = SystemCall.Truncate,
            [46] = SystemCall.TruncateDescriptor,
            [47] = SystemCall.Allocate,
            [233] = SystemCall.Advise,
            [29] = SystemCall.Control,
            [285] = SystemCall.CopyRange,
            [56] = SystemCall.OpenAt,
            [265] = SystemCall.OpenByHandle,
        });

    private static Dictionary<int, SystemCall> With(int[] transfers, Dictionary<int, SystemCall> calls)
    {
        foreach (int number in transfers)
        {
            calls.Add(number, SystemCall.Transfer);
        }

        // Newer ones have the same number everywhere.
        calls.Add(426, SystemCall.EnterRing);
        calls.Add(437, SystemCall.OpenAtHow);
        calls.Add(440, SystemCall.AdviseProcess);
        return calls;
    }
}
