using System.Text.Json;
using System.Text.Json.Serialization;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit;

/// <summary>JSON of <c>daxemu audit --json</c>.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    Converters =
    [
        typeof(KebabCaseEnumConverter<AuditVerdict>), typeof(KebabCaseEnumConverter<Exposure>), typeof(KebabCaseEnumConverter<PinMapping>),
        typeof(KebabCaseEnumConverter<PinOutcome>), typeof(KebabCaseEnumConverter<OverlayLayer>), typeof(KebabCaseEnumConverter<FileFlags>),
    ])]
[JsonSerializable(typeof(AuditReport))]
internal sealed partial class AuditJson : JsonSerializerContext;
