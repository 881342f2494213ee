using System.Text.Json;
using System.Text.Json.Serialization;
using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Doctor;

/// <summary>JSON of <c>daxemu doctor --json</c>.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, Converters = [typeof(KebabCaseEnumConverter<ProbeStatus>)])]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
