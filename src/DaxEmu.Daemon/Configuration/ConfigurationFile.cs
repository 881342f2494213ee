using System.Text.Json;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Finds the configuration file and checks that it is JSON before anything is read from it.</summary>
internal static class ConfigurationFile
{
    private static readonly JsonDocumentOptions Syntax = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>
    /// The file to read: the one named, which must exist, else the first of <c>/etc/daxemu/daxemu.json</c> and
    /// <c>$XDG_CONFIG_HOME/daxemu/daxemu.json</c> that does; null when there is none.
    /// </summary>
    /// <exception cref="ConfigurationException">The named file does not exist.</exception>
    public static string? Find(string? named)
    {
        if (named is not null)
        {
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new ConfigurationException([$"--config: \"{named}\" does not exist or is not a file"]);
        }

        string home = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");
        string[] usual = ["/etc/daxemu/daxemu.json", Path.Combine(home, "daxemu", "daxemu.json")];
        return usual.FirstOrDefault(File.Exists);
    }

    /// <summary>Reads the file.</summary>
    /// <returns>Its bytes: a JSON object, comments and trailing commas allowed.</returns>
    /// <exception cref="ConfigurationException">It cannot be read or is not a JSON object; line and column are named.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            byte[] text = File.ReadAllBytes(path);
            using JsonDocument document = JsonDocument.Parse(text, Syntax);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? text
                : throw new ConfigurationException([$"{path}: the file must hold one JSON object, not a {document.RootElement.ValueKind}"]);
        }
        catch (JsonException e)
        {
            // A property that is there twice has no position.
            string place = e.LineNumber is { } line ? $" line {line + 1}, column {e.BytePositionInLine + 1}:" : "";
            throw new ConfigurationException([$"{path}:{place} {Sentence(e)}"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{path}: {e.Message}"]);
        }
    }

    // System.Text.Json ends its messages with the zero-based position; the line above has it already, one-based.
    private static string Sentence(JsonException e)
    {
        int position = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return position < 0 ? e.Message : e.Message[..position];
    }
}
