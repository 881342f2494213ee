using System.Text.Json;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>What a user gets from <c>daxemu audit --json</c>.</summary>
/// <param name="Status">The exit status.</param>
/// <param name="Report">The document.</param>
internal sealed record AuditAnswer(int Status, JsonElement Report)
{
    public string Verdict => Report.GetProperty("verdict").GetString()!;

    public JsonElement Facts => Report.GetProperty("facts");

    public JsonElement Pin(string mapping) =>
        Facts.GetProperty("pins").GetProperty("answers").EnumerateArray().Single(a => a.GetProperty("mapping").GetString() == mapping);

    public string Outcome(string mapping) => Pin(mapping).GetProperty("outcome").GetString()!;

    public string Error(string mapping) => Pin(mapping).GetProperty("error").GetString()!;

    public string Meaning(string mapping) => Pin(mapping).GetProperty("meaning").GetString()!;

    /// <summary>"now: 65536 of 65536 bytes".</summary>
    public string Finding(string source)
    {
        JsonElement finding = Report.GetProperty("findings").EnumerateArray().Single(f => f.GetProperty("source").GetString() == source);
        return $"{finding.GetProperty("here").GetString()}: {finding.GetProperty("seen").GetString()}";
    }
}
