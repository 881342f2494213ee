using DaxEmu.Abi;
using DaxEmu.Linux.Memory;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Client;

/// <summary>
/// Registered memory: <c>struct ibv_mr</c>, with the mapping it registers. Made by <see cref="ProtectionDomain.RegisterFile"/> or
/// <see cref="ProtectionDomain.Allocate"/>. Disposing it deregisters and unmaps: no span of it may be used afterwards.
/// </summary>
public sealed class MemoryRegion : IDisposable
{
    private readonly ProtectionDomain _domain;
    private readonly MemoryMapping _mapping;
    private readonly MappedMemory _memory;
    private readonly uint _handle;
    private readonly TaskCompletionSource _leaseBreak = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    internal MemoryRegion(ProtectionDomain domain, MemoryMapping mapping, ib_uverbs_reg_mr_resp response, AccessFlags access, bool isReadOnly)
    {
        _domain = domain;
        _mapping = mapping;
        _memory = new MappedMemory(mapping);
        _handle = response.mr_handle;
        LKey = response.lkey;
        RKey = response.rkey;
        Access = access;
        IsReadOnly = isReadOnly;
        domain.Device.Remember(this);
    }

    /// <summary>What may be done with it.</summary>
    public AccessFlags Access { get; }

    /// <summary>Its address, which is the one that work requests use (the iova): where this process has it mapped.</summary>
    public ulong Address => (ulong)_mapping.Address;

    /// <summary>Its length in bytes.</summary>
    public long Length => _mapping.Length;

    /// <summary>Local key.</summary>
    public uint LKey { get; }

    /// <summary>Remote key.</summary>
    public uint RKey { get; }

    /// <summary>
    /// Whether the mapping is MAP_SYNC (mmap(2)): the file is on DAX memory, and what is written to it is durable without fsync once
    /// it left the processor's caches.
    /// </summary>
    public bool IsSync => _mapping.IsSync;

    /// <summary>Whether this process may only read it: a file that was registered without any access that writes.</summary>
    public bool IsReadOnly { get; }

    /// <summary>
    /// Completes when somebody waits to change the file under it (a truncate under the policy lease-revoke or lease-kill): whoever uses
    /// the region should dispose it. Otherwise it is revoked when the lease-break time is over, and work requests on it fail.
    /// </summary>
    public Task LeaseBreak => _leaseBreak.Task;

    /// <summary>Its bytes.</summary>
    /// <exception cref="InvalidOperationException">It is read-only: use <see cref="ReadOnlySpan"/>.</exception>
    /// <exception cref="OverflowException">It is longer than a span can be: use <see cref="GetSpan"/>.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public Span<byte> Span => Writable.GetSpan();

    /// <summary>Its bytes, to be read.</summary>
    /// <exception cref="OverflowException">It is longer than a span can be: use <see cref="GetReadOnlySpan"/>.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public ReadOnlySpan<byte> ReadOnlySpan => _memory.GetSpan();

    /// <summary>Its bytes, for asynchronous calls; pinned, it stays mapped until unpinned, though not registered.</summary>
    /// <exception cref="InvalidOperationException">It is read-only: use <see cref="ReadOnlyMemory"/>.</exception>
    /// <exception cref="OverflowException">It is longer than a memory can be.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public Memory<byte> Memory => Writable.Memory;

    /// <summary>Its bytes, for asynchronous calls that read them.</summary>
    /// <exception cref="OverflowException">It is longer than a memory can be.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public ReadOnlyMemory<byte> ReadOnlyMemory => _memory.Memory;

    /// <summary>All of it, as local memory of a work request.</summary>
    /// <exception cref="OverflowException">It is longer than one work request can be, 4 GiB - 1: use <see cref="Slice"/>.</exception>
    public ScatterGather Local => Slice(0, checked((uint)Length));

    /// <summary>All of it, as a peer must name it.</summary>
    public RemoteMemory Remote => new(Address, (ulong)Length, RKey);

    private MappedMemory Writable =>
        IsReadOnly ? throw new InvalidOperationException("the region is mapped read-only, as its access says") : _memory;

    /// <summary>A part of its bytes.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches past the end.</exception>
    /// <exception cref="InvalidOperationException">It is read-only: use <see cref="GetReadOnlySpan"/>.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public Span<byte> GetSpan(long offset, int length) => Writable.GetSpan(offset, length);

    /// <summary>A part of its bytes, to be read.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches past the end.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public ReadOnlySpan<byte> GetReadOnlySpan(long offset, int length) => _memory.GetSpan(offset, length);

    /// <summary>A part of it, as local memory of a work request.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches past the end.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public ScatterGather Slice(long offset, uint length)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new ScatterGather(Address + (ulong)offset, length, LKey);
    }

    /// <summary>
    /// Deregisters and unmaps it (<c>ibv_dereg_mr</c>). When it returns, the device no longer touches the memory, and nothing refuses
    /// to truncate the file on its account.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            _domain.Device.Destroy("dereg_mr", IB_USER_VERBS_CMD_DEREG_MR, new ib_uverbs_dereg_mr { mr_handle = _handle });
        }
        finally
        {
            _domain.Device.Forget(this);
            _memory.Release();
            _domain.Owned.Remove(this);
        }
    }

    internal void OnLeaseBreak() => _leaseBreak.TrySetResult();

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
