using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaxEmu.Daemon.Demo;

/// <summary>JSON of the demo's report, and of the lines that its client processes answer with.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(DemoReport))]
[JsonSerializable(typeof(PeerReply))]
internal sealed partial class DemoJson : JsonSerializerContext
{
    /// <summary>For one reply a line.</summary>
    public static DemoJson OneLine { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web));
}
