using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaxEmu.Daemon.Compare;

/// <summary>JSON of the report.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(CompareReport))]
internal sealed partial class CompareJson : JsonSerializerContext;
