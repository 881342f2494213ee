using System.Text.Json;
using System.Text.Json.Serialization;
using DaxEmu.Contract;

namespace DaxEmu.Daemon.Admin;

/// <summary>The admin API's JSON, and that of <c>--json</c>: one form for both.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    NumberHandling = JsonNumberHandling.Strict,
    Converters =
    [
        typeof(ByteRangeConverter),
        typeof(KebabCaseEnumConverter<Policy>),
        typeof(KebabCaseEnumConverter<PolicyScope>),
        typeof(KebabCaseEnumConverter<PinAccess>),
        typeof(KebabCaseEnumConverter<PinKind>),
        typeof(KebabCaseEnumConverter<PinMapping>),
        typeof(KebabCaseEnumConverter<LayoutOperationKind>),
        typeof(KebabCaseEnumConverter<LayoutVerdict>),
    ])]
[JsonSerializable(typeof(DaemonStatus))]
[JsonSerializable(typeof(IReadOnlyList<Pin>))]
[JsonSerializable(typeof(IReadOnlyList<ContractEvent>))]
[JsonSerializable(typeof(WhyReply))]
[JsonSerializable(typeof(AdminError))]
internal sealed partial class AdminJson : JsonSerializerContext;
