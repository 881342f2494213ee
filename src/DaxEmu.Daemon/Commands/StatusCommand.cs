using System.CommandLine;
using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;
using DaxEmu.Device;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu status</c>: what the daemon serves.</summary>
internal static class StatusCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Option<bool> json = JsonOption.Create();
        Command command = new("status", "Shows the running daemon: devices, guarded volumes, pins.") { json };
        daemon.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using AdminClient client = daemon.Connect(parsed);
            DaemonStatus status = await client.StatusAsync(cancellation);
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, status, AdminJson.Default.DaemonStatus);
            }
            else
            {
                Show(status, new Terminal(parsed));
            }

            return ExitStatus.Ok;
        });
        return command;
    }

    private static void Show(DaemonStatus status, Terminal terminal)
    {
        terminal.Line($"[bold]daxemu {status.Version}[/], process {status.ProcessId}, since {Moment.Local(status.Since)}");
        terminal.Line($"Runtime directory {status.RuntimeDirectory}");
        terminal.Line($"Policy where nothing nearer sets one: {PolicyName.Of(status.Policy)}");
        terminal.Line($"{status.PinCount} pins held, {status.Journal.Count} decisions in the journal {status.Journal.Path}");
        if (status.Journal.Unwritten > 0)
        {
            terminal.Line($"  [yellow]{status.Journal.Unwritten} of them are in memory only: the journal's file cannot be written[/]");
        }

        terminal.Line();
        string objects = $"{status.Device.Objects.MemoryRegions} memory regions, {status.Device.Objects.QueuePairs} queue pairs";
        terminal.Line($"{status.Device.Devices.Count} devices on {status.Device.SocketPath}: {status.Device.Sessions.Count} open files, {objects}");
        terminal.Table(
            ["Device", "File", "Node GUID", "Port", "State", "Interface", "Addresses", "Open files"],
            [.. status.Device.Devices.SelectMany(d => d.Ports.Select(p => Row(d, p)))]);
        if (status.Device.Sessions.Count > 0)
        {
            terminal.Table(
                ["Session", "Device", "Process", "User", "Since", "Regions", "Queue pairs", "Registered bytes"],
                [.. status.Device.Sessions.Select(Row)]);
        }

        if (status.Device.Listeners.Count > 0)
        {
            terminal.Table(
                ["Listens on", "Port space", "User"],
                [.. status.Device.Listeners.Select(l => new[] { l.Address, l.PortSpace, $"{l.UserId}" })]);
        }

        if (status.Volumes.Count > 0)
        {
            terminal.Line();
            terminal.Table(
                ["Volume", "Mount", "Guard", "Passthrough"],
                [.. status.Volumes.Select(v => new[] { v.Backing, v.Mount ?? "in place", v.Guard, v.Passthrough ? "yes" : "no" })]);
            foreach (VolumeStatus volume in status.Volumes)
            {
                terminal.Line($"{volume.Mount ?? volume.Backing}: {volume.Guard}: {volume.Reason}");
                foreach (string gap in volume.Gaps)
                {
                    terminal.Line($"  [yellow]not caught[/]  {gap}");
                }
            }
        }
    }

    private static string[] Row(DeviceDescription device, PortDescription port) =>
    [
        device.Name,
        device.Path,
        device.NodeGuid,
        $"{port.Number}",
        port.IsActive ? "active" : "down",
        port.NetworkInterface,
        string.Join(", ", port.Addresses),
        $"{device.OpenFiles}",
    ];

    private static string[] Row(SessionSnapshot session) =>
    [
        $"{session.Id}",
        session.Device,
        $"{session.ProcessId} ({session.Command})",
        $"{session.UserId}",
        Moment.Local(session.Since),
        $"{session.Objects.MemoryRegions}",
        $"{session.Objects.QueuePairs}",
        $"{session.Objects.RegisteredBytes}",
    ];
}
