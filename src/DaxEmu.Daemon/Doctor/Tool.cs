using System.Diagnostics;

namespace DaxEmu.Daemon.Doctor;

/// <summary>Runs a small program to its end.</summary>
internal static class Tool
{
    /// <summary>What a shell returns for a program that is not there.</summary>
    public const int NotFound = 127;

    /// <summary>Runs it.</summary>
    /// <returns>Its exit status, <see cref="NotFound"/> when there is no such program; and what it wrote.</returns>
    public static (int Status, string Output) Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, (output + error.Result).Trim());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (NotFound, $"{program}: not found");
        }
    }

    /// <summary>A failure as one line.</summary>
    public static string Sentence(int status, string output) =>
        output.Split('\n') is [{ Length: > 0 } first, ..] ? first : $"exit status {status}";
}
