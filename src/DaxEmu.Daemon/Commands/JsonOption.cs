using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>--json</c>: the answer for programs.</summary>
internal static class JsonOption
{
    /// <summary>Makes the option.</summary>
    public static Option<bool> Create() => new("--json") { Description = "Print one JSON document instead of text." };

    /// <summary>Writes a document.</summary>
    public static void Write<T>(ParseResult parsed, T document, JsonTypeInfo<T> type) =>
        parsed.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(document, type));
}
