using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>
/// Programs that write what they like into their rings and doorbells (programs/scribble.c), while others exchange data that is checked byte
/// for byte (programs/many_qps.c).
/// </summary>
public sealed partial class HostileProgramTests(Machine machine)
{
    private const string Rounds = "100";
    private const string Traffic = "300000";
    private const int Success = 0;
    private const int RemoteAccessError = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Scribbled_rings_harm_only_their_owner()
    {
        string honest = await machine.CompileAsync("many_qps");
        using RunningProgram hostile = machine.Start(await machine.CompileAsync("scribble"), Rounds, "1");
        do
        {
            using RunningProgram traffic = machine.Start(honest, Traffic);
            Assert.True(await traffic.EndAsync(Patience) == 0, traffic.Text);
        }
        while (!hostile.HasExited);

        Assert.True(await hostile.EndAsync(Patience) == 0, hostile.Text);
        // That some work was done and much was refused in many ways shows that the device got to see it.
        Dictionary<int, long> ends = Ends(hostile.Text);
        Assert.InRange(ends.GetValueOrDefault(Success), 100, long.MaxValue);
        Assert.InRange(ends.GetValueOrDefault(RemoteAccessError), 1, long.MaxValue);
        Assert.InRange(ends.Count, 5, int.MaxValue);
    }

    private static Dictionary<int, long> Ends(string text) => Status().Matches(text).ToDictionary(
        line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture),
        line => long.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^status (\d+) .*: (\d+)$", RegexOptions.Multiline)]
    private static partial Regex Status();
}
