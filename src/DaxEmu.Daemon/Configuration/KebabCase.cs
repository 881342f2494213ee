using System.Text;

namespace DaxEmu.Daemon.Configuration;

/// <summary>The form in which users write and read enumeration values: <c>LeaseRevoke</c> is <c>lease-revoke</c>.</summary>
internal static class KebabCase
{
    /// <summary>The words of a value's name, lower case, joined by hyphens.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum
    {
        string name = value.ToString();
        StringBuilder text = new(name.Length + 4);
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
