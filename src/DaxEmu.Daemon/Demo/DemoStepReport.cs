using System.Text.Json.Nodes;

namespace DaxEmu.Daemon.Demo;

/// <summary>A step in the demo's JSON.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Observed">True when all that it promises was seen.</param>
/// <param name="Unmet">What was expected and not seen, a sentence each.</param>
/// <param name="Evidence">What was seen.</param>
internal sealed record DemoStepReport(int Number, string Title, bool Observed, IReadOnlyList<string> Unmet, JsonObject Evidence);
