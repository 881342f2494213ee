using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Processes;

/// <summary>
/// A program run to its end with a descriptor of this process. <c>System.Diagnostics.Process</c> passes on none but the standard ones, and
/// a descriptor made inheritable for its sake would leak into whatever another thread starts meanwhile.
/// </summary>
/// <param name="ExitStatus">What it returned; 128 and the signal's number, as from a shell, when a signal ended it.</param>
/// <param name="Errors">What it wrote to standard error.</param>
public sealed partial record SpawnedProgram(int ExitStatus, string Errors)
{
    /// <summary>The number that the descriptor passed on has in the program: the first after the standard ones.</summary>
    public const int PassedDescriptor = 3;

    private const string Library = "libdaxemu-native.so";

    /// <summary>Runs a program with /dev/null as its standard input and waits for its end.</summary>
    /// <param name="program">Its name, looked for in PATH, or its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Its whole environment, as NAME=VALUE.</param>
    /// <param name="passed">What it gets as <see cref="PassedDescriptor"/>; null for nothing.</param>
    /// <exception cref="LinuxException">posix_spawn(3) failed; ENOENT: there is no such program.</exception>
    public static SpawnedProgram Run(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, SafeFileHandle? passed)
    {
        using AnonymousPipeServerStream errors = new(PipeDirection.In, HandleInheritability.None);
        using SafeFileHandle nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        int written = (int)errors.ClientSafePipeHandle.DangerousGetHandle();
        int discard = (int)nothing.DangerousGetHandle();
        int given = passed is null ? discard : (int)passed.DangerousGetHandle();
        int failed = Spawn(program, [program, .. arguments, null], [.. environment, null], [discard, written, written, given], 4, out int child);
        GC.KeepAlive(passed);
        if (failed != 0)
        {
            throw new LinuxException($"posix_spawn(\"{program}\")", failed);
        }

        // Its end of the pipe is the last one then: reading ends when the program does.
        errors.ClientSafePipeHandle.Dispose();
        using StreamReader reader = new(errors, Encoding.UTF8);
        string said = reader.ReadToEnd();
        return new(Wait(child, program), said);
    }

    // The runtime's own child reaper leaves children that it did not start alone.
    private static int Wait(int child, string program)
    {
        int status;
        while (WaitPid(child, out status, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != EINTR)
            {
                throw LinuxException.FromLastError($"waitpid({child}) of {program}");
            }
        }

        // WIFSIGNALED, WTERMSIG and WEXITSTATUS of wait(2).
        int signal = status & 0x7f;
        return signal != 0 ? 128 + signal : (status >> 8) & 0xff;
    }

    [LibraryImport(Library, EntryPoint = "daxemu_spawn", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int Spawn(string program, string?[] arguments, string?[] environment, int[] descriptors, int count, out int child);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int child, out int status, int options);
}
