using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using DaxEmu.Linux;
using DaxEmu.Linux.Processes;

namespace DaxEmu.Daemon.Programs;

/// <summary>A program that has the terminal while it runs, as from a shell.</summary>
internal static class ForegroundProgram
{
    // As a shell answers: no such program.
    private const int NotFound = 127;
    private const int SIGHUP = 1;
    private const int SIGTERM = 15;

    /// <summary>Runs it to its end, and passes on the signals that are sent to this process alone.</summary>
    /// <param name="start">The program.</param>
    /// <param name="error">Told when it cannot be started.</param>
    /// <returns>Its exit status; 128 and the signal's number when a signal ended it.</returns>
    public static async Task<int> RunAsync(ProcessStartInfo start, TextWriter error)
    {
        // What the terminal sends goes to the program too: it decides, and this process ends after it.
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using PosixSignalRegistration quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Ignore);
        Process program;
        try
        {
            program = Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            await error.WriteLineAsync($"{start.FileName}: {failure.Message}");
            return NotFound;
        }

        using (program)
        {
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, s => PassOn(s, SIGTERM));
            using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, s => PassOn(s, SIGHUP));
            await program.WaitForExitAsync();
            return program.ExitCode;

            void PassOn(PosixSignalContext signal, int number)
            {
                signal.Cancel = true;
                try
                {
                    using PidDescriptor target = PidDescriptor.Open(program.Id);
                    target.Send(number);
                }
                catch (LinuxException)
                {
                    // It has just ended by itself.
                }
            }
        }
    }

    private static void Ignore(PosixSignalContext signal) => signal.Cancel = true;
}
