using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>Runs tests of this assembly again, in a process of the user nobody without any capability.</summary>
internal static partial class OrdinaryUser
{
    // Of the shell that runs the tests; xunit's own are small.
    private const int CannotRun = 99;

    /// <summary>Runs the calling test as that user, if it does not run so already, and asserts that it passes there.</summary>
    /// <param name="test">The calling test's class.</param>
    /// <param name="environment">NAME=VALUE to set for it, or "" for nothing.</param>
    /// <param name="prepare">A shell script that root runs first, in a mount namespace of its own.</param>
    /// <param name="method">The calling test.</param>
    /// <returns>True when that is done, and nothing is left to do for the caller.</returns>
    internal static bool HasRun(object test, string environment = "", string prepare = "", [CallerMemberName] string method = "")
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return false;
        }

        Assert.Equal(1, Run("-method", $"{test.GetType().FullName}.{method}", environment, prepare));
        return true;
    }

    /// <summary>Runs the tests of a class, none of which may fail.</summary>
    /// <returns>How many passed; the others were skipped.</returns>
    internal static int RunClass(Type tests) => Run("-class", tests.FullName!, "", "");

    private static int Run(string filter, string name, string environment, string prepare)
    {
        // In a mount namespace of its own, where nothing that is mounted outlives it, and where the build's output is in everybody's reach.
        string program = "/mnt/bin/" + Path.GetFileName(Environment.ProcessPath);
        const string asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp";
        Command run = Command.Run(
            "unshare", "--mount", "/bin/sh", "-ec",
            $"""
            mount -t tmpfs -o mode=755 daxemu-test /mnt; mkdir /mnt/bin; mount --bind '{AppContext.BaseDirectory}' /mnt/bin; cd /mnt/bin
            {asNobody} test -x {program} || exit {CannotRun}
            {prepare}
            exec {asNobody} {environment} {program} -noLogo -noColor {filter} {name}
            """);
        Assert.SkipWhen(run.ExitCode == CannotRun, $"the user nobody cannot run {Environment.ProcessPath}: {run.Errors}");
        Match summary = Summary().Match(run.Output);
        Assert.True(run.ExitCode == 0 && summary.Success, $"exit {run.ExitCode}: {run.Errors}{run.Output}");
        return Count(summary, "total") - Count(summary, "skipped");
    }

    private static int Count(Match summary, string group) => int.Parse(summary.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Total: (?<total>\d+), Errors: 0, Failed: 0, Skipped: (?<skipped>\d+)")]
    private static partial Regex Summary();
}
