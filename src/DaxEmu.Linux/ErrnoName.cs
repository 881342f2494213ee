using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using DaxEmu.Abi;

namespace DaxEmu.Linux;

/// <summary>The symbolic names of errno(3).</summary>
public static class ErrnoName
{
    // EAGAIN and EWOULDBLOCK, ENOTSUP and EOPNOTSUPP share a number: the name that POSIX lists first wins.
    private static readonly string[] Aliases = [nameof(errno.EWOULDBLOCK), nameof(errno.ENOTSUP)];

    private static readonly FrozenDictionary<int, string> Names = typeof(errno)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(f => !Aliases.Contains(f.Name))
        .ToFrozenDictionary(f => (int)f.GetRawConstantValue()!, f => f.Name);

    /// <summary>The name of an errno, such as <c>EACCES</c>; the number itself where there is none.</summary>
    public static string Of(int errno) => Names.GetValueOrDefault(errno, errno.ToString(CultureInfo.InvariantCulture));

    /// <summary>Name and number, the form used in messages: <c>EACCES (13)</c>.</summary>
    public static string Describe(int errno) => $"{Of(errno)} ({errno})";
}
