using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaxEmu.Daemon.Compare;

/// <summary>JSON of the lines that the processes of the experiment exchange.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ActorReply))]
internal sealed partial class ActorJson : JsonSerializerContext;
