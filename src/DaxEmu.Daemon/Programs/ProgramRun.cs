using System.ComponentModel;
using System.Diagnostics;

namespace DaxEmu.Daemon.Programs;

/// <summary>A program that was run to its end.</summary>
/// <param name="CommandLine">As one would type it.</param>
/// <param name="ProcessId">Its process; 0 when there is no such program.</param>
/// <param name="ExitStatus">What it returned; 127, as from a shell, when there is no such program.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
internal sealed record ProgramRun(string CommandLine, int ProcessId, int ExitStatus, string Output, string Error)
{
    private const int NotFound = 127;

    /// <summary>True when it returned 0.</summary>
    public bool Succeeded => ExitStatus == 0;

    /// <summary>The first line that says what went wrong.</summary>
    public string Complaint => (Error + Output).Trim().Split('\n') is [{ Length: > 0 } first, ..] ? first : $"exit status {ExitStatus}";

    /// <summary>Runs a program, its messages in English, and waits for it.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellation">Kills it.</param>
    public static async Task<ProgramRun> OfAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellation = default)
    {
        string commandLine = string.Join(' ', arguments.Prepend(program));
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                await process.WaitForExitAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }

            return new(commandLine, process.Id, process.ExitCode, await output, await error);
        }
        catch (Win32Exception)
        {
            return new(commandLine, 0, NotFound, "", $"{program}: not found");
        }
    }
}
