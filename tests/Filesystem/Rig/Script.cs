using System.Diagnostics;
using Xunit;

namespace DaxEmu.Filesystem.Rig;

/// <summary>A shell script that has ended.</summary>
/// <param name="ExitStatus">What it returned.</param>
/// <param name="Text">What it wrote, errors too.</param>
internal sealed record Script(int ExitStatus, string Text)
{
    // A busy machine may take ten times as long as an idle one. What hangs, hangs longer.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>Runs it with bash to its end, stopping at the first command that fails.</summary>
    /// <param name="text">The script.</param>
    /// <param name="directory">Where it runs; temporary files go there too.</param>
    internal static async Task<Script> RunAsync(string text, string directory)
    {
        ProcessStartInfo start = new("bash", ["-euo", "pipefail", "-c", $"exec 2>&1 </dev/null\n{text}"])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TMPDIR"] = directory;
        start.Environment["HOME"] = directory;
        start.Environment["PATH"] = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";
        using Process process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            string written = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, written);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"this did not end within {Patience.TotalMinutes} minutes:\n{text}");
            throw;
        }
    }

    /// <summary>Fails the test, with what was written, unless it returned 0.</summary>
    internal Script Succeeded()
    {
        Assert.True(ExitStatus == 0, $"a script returned {ExitStatus}. It wrote:\n{Text}");
        return this;
    }

    /// <summary>The lines that it wrote.</summary>
    internal IEnumerable<string> Lines => Text.Split('\n');
}
