using System.Text.Json.Nodes;

namespace DaxEmu.Daemon.Demo;

/// <summary>A step of the demo: what was seen, and what was expected and not seen.</summary>
/// <param name="number">From 1.</param>
/// <param name="title">What it shows.</param>
internal sealed class DemoStep(int number, string title)
{
    private readonly List<string> _unmet = [];
    private bool _ended;

    /// <summary>From 1.</summary>
    public int Number { get; } = number;

    /// <summary>What it shows.</summary>
    public string Title { get; } = title;

    /// <summary>True when it ran to its end and all that it promises was seen.</summary>
    public bool Observed => _ended && _unmet.Count == 0;

    /// <summary>What was expected and not seen, a sentence each.</summary>
    public IReadOnlyList<string> Unmet => _unmet;

    /// <summary>What was seen.</summary>
    public JsonObject Evidence { get; } = [];

    /// <summary>Holds the step to something.</summary>
    /// <param name="seen">Whether it was seen.</param>
    /// <param name="expectation">What was expected, as a sentence that is wrong when it was not seen.</param>
    public void Expect(bool seen, string expectation)
    {
        if (!seen)
        {
            _unmet.Add(expectation);
        }
    }

    /// <summary>The step ran to its end.</summary>
    public void End() => _ended = true;

    /// <summary>The step could not go on.</summary>
    public void Fail(Exception e) => _unmet.Add(e.Message);
}
