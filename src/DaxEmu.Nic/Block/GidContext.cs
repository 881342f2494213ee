using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>An address of a device's port.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct GidContext
{
    public Gid Value;

    /// <summary>The device, plus 1; 0 ends the list.</summary>
    public int Device;
}
