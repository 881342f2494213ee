namespace DaxEmu.Daemon.Configuration;

/// <summary>Levenshtein's distance, to name the key that a misspelt one probably meant.</summary>
internal static class EditDistance
{
    /// <summary>The key with the fewest edits from a misspelt one, case aside; a section that was left out costs one.</summary>
    public static string Nearest(string word, IEnumerable<string> keys)
    {
        string wanted = word.ToUpperInvariant();
        return keys.MinBy(k => Math.Min(
            Between(wanted, k.ToUpperInvariant()),
            Between(wanted, k[(k.LastIndexOf(':') + 1)..].ToUpperInvariant()) + 1))!;
    }

    /// <summary>Insertions, deletions and substitutions that turn one word into the other.</summary>
    public static int Between(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
