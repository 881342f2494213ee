using System.Diagnostics;
using System.Globalization;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A running caller.c or caller.py.</summary>
internal sealed class CallerProcess : IDisposable
{
    /// <summary>What stands for an errno where the caller has no way to do the operation.</summary>
    public const int Cannot = -1;

    private readonly string _commandLine;
    private readonly Process _process;
    private readonly CancellationTokenRegistration _impatience;

    public CallerProcess(IReadOnlyList<string> commandLine, IReadOnlyDictionary<string, string> environment, CancellationToken patience)
    {
        _commandLine = string.Join(' ', commandLine);
        ProcessStartInfo start = new(commandLine[0], commandLine.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _impatience = patience.Register(_process.Kill);
    }

    /// <summary>Does what comes before the operation; its errno.</summary>
    public int Prepare(CoveredOperation operation, string file, string other) => Tell($"prepare {operation.Word} {file} {other}");

    /// <summary>Does the operation; its errno.</summary>
    public int Run() => Tell("run");

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _impatience.Dispose();
        _process.Dispose();
    }

    private int Tell(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return _process.StandardOutput.ReadLine() switch
        {
            "cannot" => Cannot,
            { } answer => int.Parse(answer, CultureInfo.InvariantCulture),
            null => throw new InvalidOperationException($"{_commandLine} ended: {_process.StandardError.ReadToEnd()}"),
        };
    }
}
