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

    /// <summary>Deregisters both regions.</summary>
    public void Deregister()
    {
        IsMapped = false;
        _second.Dispose();
        _nic.Region.Dispose();
    }

    /// <summary>fsync by another program.</summary>
    public void Sync() => RandomAccess.FlushToDisk(File);

    /// <summary>msync by the device's program.</summary>
    public void SyncMapping() => Assert.Equal(0, Libc.Sync((nint)_nic.Region.Address, _nic.Region.Length));

    /// <summary>A store of the device's program through its mapping.</summary>
    public void StoreMapped(long offset, char value) => _nic.Region.Span[(int)offset] = (byte)value;

    /// <summary>write of one byte by another program.</summary>
    public void StoreByte(long offset, char value) => RandomAccess.Write(File, [(byte)value], offset);

    /// <summary>What a read with O_DIRECT shows.</summary>
    public string OnDisk(long offset) => Libc.OnDisk(Path, offset) is >= 0 and int value ? Shown((byte)value) : "end";

    public override void Dispose()
    {
        _second.Dispose();
        _nic.Dispose();
        _device.Dispose();
        base.Dispose();
    }

    private MemoryRegion Region(int region) => region == 0 ? _nic.Region : _second;
}
