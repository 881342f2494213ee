using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device.Tests;

internal sealed record TestReply(int Result, byte[] Body, IReadOnlyList<SafeFileHandle> Descriptors)
{
    public int Errno => Math.Max(0, -Result);

    public string Text => Encoding.UTF8.GetString(Body);

    public T Read<T>(int offset = 0)
        where T : unmanaged => MemoryMarshal.Read<T>(Body.AsSpan(offset));
}
