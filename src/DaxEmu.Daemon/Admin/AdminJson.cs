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
        typeof(KebabCaseEnumConverter<ByteState>),
        typeof(KebabCaseEnumConverter<BreachFate>),
        typeof(KebabCaseEnumConverter<HoleRule>),
        typeof(KebabCaseEnumConverter<SharedExtentRule>),
        typeof(KebabCaseEnumConverter<UnstableFileRule>),
        typeof(KebabCaseEnumConverter<MappingRule>),
        typeof(KebabCaseEnumConverter<ReaderRule>),
    ])]
[JsonSerializable(typeof(DaemonStatus))]
[JsonSerializable(typeof(IReadOnlyList<Pin>))]
[JsonSerializable(typeof(IReadOnlyList<ContractEvent>))]
[JsonSerializable(typeof(ContractEvent))]
[JsonSerializable(typeof(WhyReply))]
[JsonSerializable(typeof(PolicyReply))]
[JsonSerializable(typeof(AdminError))]
internal sealed partial class AdminJson : JsonSerializerContext
{
    /// <summary>The same, without line breaks.</summary>
    public static AdminJson OneLine => field ??= new(new JsonSerializerOptions(Default.Options) { WriteIndented = false });
}
