using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace DaxEmu.Daemon.Configuration;

/// <summary>
/// Reads single settings, and keeps two lists as it goes: the problems met, and the keys asked for. Any other key in the
/// configuration is therefore unknown, without a second description of what there is.
/// </summary>
/// <param name="sources">Where to read.</param>
internal sealed class SettingReader(ConfigurationSources sources)
{
    private readonly List<string> _problems = [];
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong, one line each, in the order found.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>A text, or the default where the key is not set.</summary>
    public string Text(string key, string otherwise) => Value(key) ?? otherwise;

    /// <summary>A text, or null where the key is not set or empty.</summary>
    public string? OptionalText(string key) => Value(key) is { Length: > 0 } text ? text : null;

    /// <summary>A text that must be set; empty, with a problem, where it is not.</summary>
    /// <param name="key">The key.</param>
    /// <param name="meaning">What it should hold, for the message.</param>
    public string RequiredText(string key, string meaning)
    {
        if (Value(key) is { Length: > 0 } text)
        {
            return text;
        }

        _problems.Add($"{key}: missing: give {meaning}");
        return "";
    }

    /// <summary>A whole number in a range.</summary>
    public int WholeNumber(string key, int otherwise, int smallest, int largest)
    {
        if (Value(key) is not { } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) &&
            number >= smallest && number <= largest)
        {
            return number;
        }

        Reject(key, $"is not a whole number from {smallest} to {largest}");
        return otherwise;
    }

    /// <summary>One of an enumeration's names, in any case, words joined as in <c>lease-revoke</c>; null where the key is not set or wrong.</summary>
    public T? Choice<T>(string key)
        where T : struct, Enum
    {
        if (Value(key) is not { } text)
        {
            return null;
        }

        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(KebabCase.Of(value), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        Reject(key, $"is not one of: {string.Join(", ", Enum.GetValues<T>().Select(KebabCase.Of))}");
        return null;
    }

    /// <summary>The keys of a list's entries, such as <c>Volumes:0</c>.</summary>
    public IReadOnlyList<string> Entries(string key)
    {
        _known.Add(key);
        if (sources.Values[key] is { Length: > 0 })
        {
            Reject(key, "is not a list");
        }

        return [.. sources.Values.GetSection(key).GetChildren().Select(c => c.Path)];
    }

    /// <summary>The keys of a list's entries; or, where the key has a plain value instead or the list is empty, that value.</summary>
    public IReadOnlyList<string> EntriesOrValue(string key, out string? value)
    {
        IReadOnlyList<string> entries = [.. sources.Values.GetSection(key).GetChildren().Select(c => c.Path)];
        bool isSet = sources.OriginOf(key) != ConfigurationSources.Default;
        value = entries.Count == 0 && isSet ? Value(key) ?? "" : null;
        _known.Add(key);
        return entries;
    }

    /// <summary>A key and where it was set, as a user would look for it: <c>Contract:Policy (/etc/daxemu/daxemu.json)</c>.</summary>
    public string Place(string key) => sources.OriginOf(key) is var origin && origin == ConfigurationSources.Default ? key : $"{key} ({origin})";

    /// <summary>Adds a problem with a key's value: <c>KEY: "value" what (set by ...)</c>.</summary>
    public void Reject(string key, string what) =>
        _problems.Add($"{key}: \"{sources.Values[key]}\" {what} (set by {sources.OriginOf(key)})");

    /// <summary>Adds a problem with a list: <c>KEY what (set by ...)</c>.</summary>
    public void RejectList(string key, string what) => _problems.Add($"{key}: {what} (set by {sources.OriginOf(key)})");

    /// <summary>Adds a problem for every key that nobody asked for, with the nearest one that exists.</summary>
    public void RejectUnknownKeys()
    {
        foreach ((string key, string? value) in sources.Values.AsEnumerable())
        {
            // A section appears without a value; an empty list or object does too.
            bool isSection = value is null && (_known.Any(k => IsBelow(k, key)) || sources.Values.GetSection(key).GetChildren().Any());
            if (!isSection && !_known.Contains(key))
            {
                _problems.Add($"{key}: unknown key (set by {sources.OriginOf(key)}); the nearest is {EditDistance.Nearest(key, _known)}");
            }
        }
    }

    private static bool IsBelow(string key, string section) => key.StartsWith(section + ":", StringComparison.OrdinalIgnoreCase);

    private string? Value(string key)
    {
        _known.Add(key);
        return sources.Values[key];
    }
}
