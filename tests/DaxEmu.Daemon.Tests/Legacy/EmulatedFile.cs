using System.Runtime.CompilerServices;
using DaxEmu.Client;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A file on a guarded mount, registered with the emulated NIC.</summary>
internal sealed class EmulatedFile : PinnedFile
{
    private readonly RdmaDevice _device;
    private readonly Loopback _nic;
    private MemoryRegion _second;

    public EmulatedFile(string path, string socket)
        : base(path)
    {
        _device = RdmaDevice.Open(socket);
        _nic = new Loopback(_device, path);
        _second = _nic.Register();
    }

    public override void Write(long offset, char value, int region = 0) => _nic.Write(Region(region), (ulong)offset, (byte)value);

    public override byte Read(long offset, int region = 0) => _nic.Read(Region(region), (ulong)offset);

    public override byte Mapped(long offset) => Unsafe.AddByteOffset(ref _nic.Region.Span[0], (nint)offset);

    public override void Remove(long offset, long length) => Assert.Equal(0, Libc.Remove((nint)_nic.Region.Address + (nint)offset, length));

    public override void Unmap()
    {
        // The client closed the file when it had mapped it.
        Assert.Equal(0, Libc.Unmap((nint)_nic.Region.Address, _nic.Region.Length));
        Assert.Equal(0, Libc.Unmap((nint)_second.Address, _second.Length));
        IsMapped = false;
    }

    public override void RegisterAgain()
    {
        _second.Dispose();
        _nic.RegisterAgain();
        _second = _nic.Register();
    }

    public override void Dispose()
    {
        _second.Dispose();
        _nic.Dispose();
        _device.Dispose();
        base.Dispose();
    }

    private MemoryRegion Region(int region) => region == 0 ? _nic.Region : _second;
}
