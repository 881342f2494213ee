using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>An address handle as the engines know it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct AddressHandleContext
{
    public Route Route;

    /// <summary>ah_num; 0 when the entry is free. Written last at creation, first at destruction.</summary>
    public uint Number;

    public uint Domain;
}
