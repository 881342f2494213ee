using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>
/// A ring's memory: a sealed memory file, mapped here and, through mmap(2) of the device file, in the client. It never shrinks, so reading
/// it cannot fault; what it holds is the client's to scribble on.
/// </summary>
internal sealed class RingMemory : IDisposable
{
    private readonly MappingTable _mappings;
    private readonly MemoryMapping _mapping;
    private readonly int _index;
    private SafeFileHandle? _file;

    private RingMemory(MappingTable mappings, SafeFileHandle file, MemoryMapping mapping, int index, ulong token)
    {
        _mappings = mappings;
        _file = file;
        _mapping = mapping;
        _index = index;
        Token = token;
    }

    /// <summary>mminfo.offset: what the client passes to mmap(2).</summary>
    public ulong Token { get; }

    /// <summary>Bytes, in whole pages.</summary>
    public long Length => _mapping.Length;

    /// <summary>For the NIC.</summary>
    public RingLocation Location => new(_index, 0);

    /// <summary>Bytes that a ring takes.</summary>
    public static long LengthOf(RingLayout layout) =>
        ((long)layout.ByteLength + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize;

    /// <summary>Makes the memory; the NIC writes the ring's header.</summary>
    /// <exception cref="Linux.LinuxException">memfd_create(2) or mmap(2) failed.</exception>
    public static NicResult<RingMemory> Create(MappingTable mappings, string name, RingLayout layout, ulong token)
    {
        long length = LengthOf(layout);
        SafeFileHandle file = MemoryFile.CreateSealed(name, length);
        MemoryMapping mapping;
        try
        {
            mapping = MemoryMapping.Map(file, 0, length, MemoryProtection.ReadWrite);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        NicResult<int> index = mappings.Add(mapping.Address, (nuint)length);
        if (index.IsOk)
        {
            return new RingMemory(mappings, file, mapping, index.Value, token);
        }

        mapping.Dispose();
        file.Dispose();
        return index.Error;
    }

    /// <summary>Hands the file over to the client, once: as the kernel's rxe_mmap does. Null the second time.</summary>
    public SafeFileHandle? TakeFile() => Interlocked.Exchange(ref _file, null);

    /// <summary>Unmaps it. The NIC object that uses it must be gone.</summary>
    public void Dispose()
    {
        _mappings.Remove(_index);
        _mapping.Dispose();
        TakeFile()?.Dispose();
    }
}
