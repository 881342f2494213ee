using System.CommandLine;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Daemon.Commands;

/// <summary>
/// <c>daxemu policy get|set|explain PATH</c>. The first two read and write the extended attribute as any program could, with the rights of
/// the user; the third asks the daemon.
/// </summary>
internal static class PolicyCommand
{
    private static readonly byte[] Attribute = Encoding.ASCII.GetBytes(PolicyName.Attribute + "\0");

    private static readonly string Names = string.Join(", ", PolicyName.All);

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("policy", "Reads, sets and explains what happens to an operation that meets a pin on a file.")
    {
        Get(),
        Set(),
        Explain(),
    };

    private static Command Get()
    {
        Argument<string> path = new("PATH") { Description = "A file or directory." };
        Command command = new("get", "Prints the policy that is set on a file or directory itself.") { path };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(path);
            using SafeFileHandle file = Open(name);
            Span<byte> value = stackalloc byte[256];
            int length = FileStatus.GetExtended(file, Attribute, value);
            if (length == -ENODATA)
            {
                parsed.InvocationConfiguration.Error.WriteLine($"{name}: none is set here; \"daxemu policy explain\" tells which one is in force.");
                return ExitStatus.Negative;
            }

            Check(length, "getxattr", name);
            parsed.InvocationConfiguration.Output.WriteLine(Encoding.UTF8.GetString(value[..length]).TrimEnd('\0'));
            return ExitStatus.Ok;
        });
        return command;
    }

    private static Command Set()
    {
        Argument<string> path = new("PATH") { Description = "A file, or a directory for all files below it." };
        Argument<string> policy = new("POLICY") { Description = $"One of {Names}; none removes what is set." };
        Command command = new("set", "Sets the policy of a file or directory. Operations that wait already keep theirs.") { path, policy };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(path);
            string wanted = parsed.GetRequiredValue(policy);
            using SafeFileHandle file = Open(name);
            if (wanted == "none")
            {
                int removed = FileStatus.RemoveExtended(file, Attribute);
                Check(removed == -ENODATA ? 0 : removed, "removexattr", name);
                return ExitStatus.Ok;
            }

            if (!PolicyName.TryParse(wanted, out Policy parsedPolicy))
            {
                parsed.InvocationConfiguration.Error.WriteLine($"\"{wanted}\" names no policy: give one of {Names}, or none.");
                return ExitStatus.Usage;
            }

            Check(FileStatus.SetExtended(file, Attribute, Encoding.ASCII.GetBytes(PolicyName.Of(parsedPolicy)), 0), "setxattr", name);
            return ExitStatus.Ok;
        });
        return command;
    }

    private static Command Explain()
    {
        DaemonOption daemon = new();
        Option<bool> json = JsonOption.Create();
        Argument<string> path = new("PATH") { Description = "A file of a guarded volume." };
        Command command = new("explain", "Tells which policy is in force for a file, and every place that could name one.") { path, json };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using AdminClient client = daemon.Connect(parsed);
            PolicyReply reply = await client.PolicyAsync(Path.GetFullPath(parsed.GetRequiredValue(path)), cancellation);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, reply, AdminJson.Default.PolicyReply);
            }
            else
            {
                Show(reply, new Terminal(parsed));
            }

            return reply.Mount is null ? ExitStatus.Negative : ExitStatus.Ok;
        });
        return command;
    }

    private static void Show(PolicyReply reply, Terminal terminal)
    {
        terminal.Line($"[bold]{reply.Path}[/]: [bold]{PolicyName.Of(reply.Policy.Policy)}[/], set at {reply.Policy.SetAt}");
        if (reply.Policy.Problem is { } problem)
        {
            terminal.Line($"  [yellow]problem[/]  {problem}");
        }

        foreach (PolicyPlace place in reply.Places)
        {
            terminal.Line($"  {place.Value ?? "-",-14} {place.Where}");
        }

        terminal.Line($"Who may pin it: {AdmissionText.Of(reply.Admission)}.");
        terminal.Line(reply.PinCount == 0
            ? (FormattableString)$"No pins are held on it now."
            : $"{reply.PinCount} pins are held on it: an operation that meets one is judged by the policy at that moment.");
        if (reply.Mount is null)
        {
            terminal.Line($"[yellow]The file lies on no guarded volume: nobody asks the daemon before changing it.[/]");
        }
    }

    private static SafeFileHandle Open(string path)
    {
        int opened = FileContents.Open(path, fcntl.O_PATH, out SafeFileHandle? file);
        Check(opened, "open", path);
        return file!;
    }

    private static void Check(int result, string call, string path)
    {
        if (result < 0)
        {
            throw new LinuxException(
                result == -EOPNOTSUPP ? $"{call}(\"{path}\"): its filesystem keeps no extended attributes" : $"{call}(\"{path}\")", -result);
        }
    }
}
