using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Served;

// native-shims/native/write_back.c
internal static unsafe partial class NativeGate
{
    private const string Library = "libdaxemu-native.so";

    [LibraryImport(Library, EntryPoint = "daxemu_gate_close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial void Close();

    [LibraryImport(Library, EntryPoint = "daxemu_gate_open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial int Open();

    [LibraryImport(Library, EntryPoint = "daxemu_channel_open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial nint OpenChannel(SafeFileHandle device, nuint size);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial nint Read(nint channel, byte* buffer);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_take")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial nint Take(nint channel, byte* buffer);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_answered")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial void Answered();

    [LibraryImport(Library, EntryPoint = "daxemu_channel_settle")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial void Settle(nint channel, ulong node, ulong offset, ulong length);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_first")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial nint First(nint channel, byte* buffer);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_drop")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial void Drop(nint channel);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_end")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial void End(nint channel);

    [LibraryImport(Library, EntryPoint = "daxemu_channel_close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory)]
    internal static partial void CloseChannel(nint channel);
}
