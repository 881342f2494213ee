using System.Runtime.InteropServices;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>Where one queue pair's copies to and from memory that cannot be mapped take place, one at a time.</summary>
internal sealed unsafe class UnmappedPlace : IDisposable
{
    private int _state;

    /// <summary>Makes room.</summary>
    /// <param name="bytes">For so much.</param>
    public UnmappedPlace(uint bytes) => Buffer = (byte*)NativeMemory.AllocZeroed(bytes);

    /// <summary>Frees the room of a place that was not disposed.</summary>
    ~UnmappedPlace() => NativeMemory.Free(Buffer);

    /// <summary>What a copy does.</summary>
    public enum Kind
    {
        /// <summary>From the client.</summary>
        Read,

        /// <summary>To the client.</summary>
        Write,

        /// <summary>compare_and_swap.</summary>
        CompareSwap,

        /// <summary>fetch_and_add.</summary>
        FetchAdd,
    }

    /// <summary>The bytes on this side.</summary>
    public byte* Buffer { get; }

    /// <summary>How the last copy stands. Release and acquire: what it wrote to the place is there when this says so.</summary>
    public UnmappedCopy State
    {
        get => (UnmappedCopy)Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, (int)value);
    }

    /// <summary>Of the last copy.</summary>
    public uint Ticket { get; set; }

    /// <summary>What it does.</summary>
    public Kind Copy { get; set; }

    /// <summary>With which memory.</summary>
    public UnmappedRange? Range { get; set; }

    /// <summary>From where in it.</summary>
    public ulong Offset { get; set; }

    /// <summary>Bytes.</summary>
    public uint Length { get; set; }

    /// <summary>Bytes that have been copied.</summary>
    public uint Done { get; set; }

    /// <summary>Why it failed: a value of errno(3), 0 when the memory was not there.</summary>
    public int Errno { get; set; }

    /// <summary>A copier has it, or had. The engine's.</summary>
    public bool IsGiven { get; set; }

    /// <summary>What an atomic operation compares with, or adds.</summary>
    public ulong CompareAdd { get; set; }

    /// <summary>What it stores when equal.</summary>
    public ulong Swap { get; set; }

    /// <summary>The next in a copier's queue.</summary>
    public UnmappedPlace? Next { get; set; }

    /// <summary>Frees the room. No copy may be under way.</summary>
    public void Dispose()
    {
        NativeMemory.Free(Buffer);
        GC.SuppressFinalize(this);
    }
}
