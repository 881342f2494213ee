using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>The calls that make descriptors of kinds that .NET does not open.</summary>
internal static partial class Libc
{
    public static SafeFileHandle Open(string path, int flags) => Handle(open(path, flags));

    public static SafeFileHandle EpollCreate() => Handle(epoll_create1(0));

    public static void MakeFifo(string path) => Assert.Equal(0, mkfifo(path, 0x180));

    private static SafeFileHandle Handle(int descriptor)
    {
        Assert.True(descriptor >= 0, $"errno {Marshal.GetLastPInvokeError()}");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkfifo(string path, uint mode);
}
