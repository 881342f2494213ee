using System.Runtime.CompilerServices;

namespace DaxEmu.Abi;

/// <summary>unix(7): an address that begins with a NUL byte is in the abstract namespace.</summary>
[CHeader("sys/un.h")]
public struct sockaddr_un
{
    public ushort sun_family;
    public path_bytes sun_path;

    [InlineArray(108)]
    public struct path_bytes
    {
        private byte _first;
    }
}
