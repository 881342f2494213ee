using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Served;

/// <summary>
/// A process that keeps this one's memory until its descriptors are closed: without it, one that is killed while its own mount has pages to be
/// written back would wait for itself for ever (native-shims/native/companion.c).
/// </summary>
public static partial class CompanionProcess
{
    private const string Library = "libdaxemu-native.so";

    /// <summary>Starts it, for the first who needs it.</summary>
    /// <returns>0 or the negated errno.</returns>
    public static int Start() => -StartCompanion();

    /// <summary>Ends it, for the last of those who have started it. When this process is killed, it ends by itself.</summary>
    public static void Stop() => StopCompanion();

    [LibraryImport(Library, EntryPoint = "daxemu_companion_start")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial int StartCompanion();

    [LibraryImport(Library, EntryPoint = "daxemu_companion_stop")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    private static partial void StopCompanion();
}
