using System.CommandLine;
using System.Diagnostics;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Demo;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu run</c>: an unmodified program finds the daemon's device.</summary>
internal static class RunCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DaemonOption daemon = new();
        Argument<string[]> program = new("COMMAND")
        {
            Description = "The program and its arguments, after \"--\".",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new(
            "run",
            "Runs a program that uses libibverbs, such as \"daxemu run -- ibv_devinfo\", on the daemon's RDMA devices. Starts a daemon for " +
            "the time that the program runs where none does. Returns what the program returns. In the program's environment, DAXEMU_DEBUG=1 " +
            "shows what is refused and why (2: every command), DAXEMU_HOST_DEVICES=1 shows it the host's own RDMA devices instead, and " +
            "DAXEMU_IOCTL=0 makes it use write(2) instead of ioctl(2).")
        {
            program,
        };
        daemon.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, daemon, parsed.GetValue(program)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, DaemonOption daemon, string[] program, CancellationToken cancellation)
    {
        string? config = parsed.GetValue(daemon.Config);
        string? named = parsed.GetValue(daemon.Socket);
        SocketsOptions sockets = OptionsReader.ReadSockets(
            ConfigurationSources.Load(config, new CommandLineSettings { Socket = named }));
        using AdminClient admin = new(sockets);
        try
        {
            await admin.StatusAsync(cancellation);
        }
        catch (DaemonUnreachableException) when (named is null)
        {
            return await RunWithOwnDaemonAsync(parsed, config, program, cancellation);
        }

        return await RunOnAsync(parsed, sockets.Directory, program);
    }

    private static async Task<int> RunWithOwnDaemonAsync(
        ParseResult parsed, string? config, string[] program, CancellationToken cancellation)
    {
        string runtime = Directory.CreateTempSubdirectory("daxemu-run-").FullName;
        try
        {
            string[] arguments = config is null ? [] : ["--config", config];
            await using DaemonProcess daemon = await DaemonProcess.StartAsync(Environment.ProcessPath!, runtime, arguments, cancellation);
            return await RunOnAsync(parsed, runtime, program);
        }
        catch (DemoException failure)
        {
            throw new DaemonUnreachableException(failure.Message);
        }
        finally
        {
            Directory.Delete(runtime, recursive: true);
        }
    }

    private static Task<int> RunOnAsync(ParseResult parsed, string runtimeDirectory, string[] program)
    {
        ProcessStartInfo start = new(program[0], program[1..]);
        PreloadLibrary.AddTo(start.Environment, RuntimeDirectory.DeviceSocketIn(runtimeDirectory));
        return ForegroundProgram.RunAsync(start, parsed.InvocationConfiguration.Error);
    }
}
