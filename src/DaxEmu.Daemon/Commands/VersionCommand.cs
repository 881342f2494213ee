using System.CommandLine;
using System.Reflection;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The version of this build, as in <c>1.0.0+commit</c>.</summary>
    public static string Version { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Command command = new("version", "Prints the version.");
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine($"daxemu {Version}");
            return ExitStatus.Ok;
        });
        return command;
    }
}
