using System.Text;
using DaxEmu.Abi;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.socket;

namespace DaxEmu.Linux.Sockets;

/// <summary>A path as unix(7) wants it; a leading '@' means the abstract namespace.</summary>
internal static class UnixAddress
{
    private const int PathOffset = sizeof(ushort);

    /// <summary>Fills the address; returns its length for bind(2) and connect(2).</summary>
    /// <exception cref="LinuxException">ENAMETOOLONG: the path and its NUL need more than 108 bytes.</exception>
    internal static uint Fill(string path, out sockaddr_un address)
    {
        address = default;
        address.sun_family = AF_UNIX;
        Span<byte> room = address.sun_path;
        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes == 0 || bytes >= room.Length)
        {
            throw new LinuxException($"bind or connect(\"{path}\")", bytes == 0 ? EINVAL : ENAMETOOLONG);
        }

        Encoding.UTF8.GetBytes(path, room);
        if (path[0] != '@')
        {
            return (uint)(PathOffset + bytes + 1);
        }

        room[0] = 0;
        return (uint)(PathOffset + bytes);
    }
}
