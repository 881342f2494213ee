using System.Diagnostics;
using System.Runtime.CompilerServices;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Tests.Memory;

/// <summary>This test program, started again: meets one fault in a guarded copy, says so, and meets one outside.</summary>
internal static class UnguardedFault
{
    public const string Survived = "a fault in a guarded copy was survived\n";

    private const string FileVariable = "DAXEMU_TEST_UNGUARDED_FAULT";

    public static Process Start(string file) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { [FileVariable] = file, ["DOTNET_DbgEnableMiniDump"] = "0" },
    })!;

    [ModuleInitializer]
    internal static void RunInChild()
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is { } path)
        {
            Run(path);
            Environment.Exit(0);
        }
    }

    private static void Run(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, 4096);
        using MemoryMapping mapping = MemoryMapping.Map(file, 0, 4096, MemoryProtection.ReadWrite);
        RandomAccess.SetLength(file, 0);

        if (GuardedCopy.TryCopy(mapping.Address, mapping.Address, 8, out _) == GuardedCopyResult.SourceFault)
        {
            Console.Write(Survived);
        }

        mapping.Slice(0, 1)[0] = 1;
    }
}
