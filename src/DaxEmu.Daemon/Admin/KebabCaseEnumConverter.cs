using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaxEmu.Daemon.Admin;

/// <summary>Enumeration values as users write them: <c>punch-hole</c>, not <c>PunchHole</c> or a number.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class KebabCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
