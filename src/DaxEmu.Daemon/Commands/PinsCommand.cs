using System.CommandLine;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu pins [FILE]</c>: which byte ranges devices hold.</summary>
internal static class PinsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Option<bool> json = JsonOption.Create();
        Argument<string?> file = new("FILE") { Description = "Only the pins on this file.", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("pins", "Lists the byte ranges of files that memory regions hold in place, and who holds them.") { file, json };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using AdminClient client = daemon.Connect(parsed);
            string? path = parsed.GetValue(file) is { } name ? Path.GetFullPath(name) : null;
            IReadOnlyList<Pin> pins = await client.PinsAsync(path, cancellation);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, pins, AdminJson.Default.IReadOnlyListPin);
            }
            else
            {
                Show(pins, path, new Terminal(parsed));
            }

            return ExitStatus.Ok;
        });
        return command;
    }

    private static void Show(IReadOnlyList<Pin> pins, string? path, Terminal terminal)
    {
        if (pins.Count == 0)
        {
            terminal.Line($"No pins are held{(path is null ? "" : " on " + path)}.");
            return;
        }

        terminal.Table(
            ["Pin", "File", "Bytes", "Access", "Mapping", "Region", "Process", "User", "Since"],
            [.. pins.Select(Row)]);
    }

    private static string[] Row(Pin pin)
    {
        PinRequest request = pin.Request;
        return
        [
            $"{pin.Id}",
            request.Path,
            request.Range.ToString(),
            AccessName(request.Access),
            KebabCase.Of(request.Mapping),
            request.Region,
            $"{request.Owner.ProcessId} ({request.Owner.Command})",
            $"{request.Owner.UserId}",
            Moment.Local(pin.Since),
        ];
    }

    private static string AccessName(PinAccess access) => access switch
    {
        PinAccess.None => "none",
        PinAccess.Read => "read",
        PinAccess.Write => "write",
        _ => "read+write",
    };
}
