using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>What one user has of the device, in all its sessions. Safe for any number of threads.</summary>
/// <param name="userId">The user.</param>
/// <param name="options">The limits.</param>
/// <param name="mappings">What all users share.</param>
internal sealed class UserQuota(uint userId, DeviceServerOptions options, MappingBudget mappings)
{
    // So many of one user's clients are told at a time why they are turned away.
    private const long MostRefusals = 4;

    private long _sessions;
    private long _refusals;
    private long _objects;
    private long _ringBytes;
    private long _registeredBytes;
    private long _keptEvents;
    private long _otherMappings;
    private int _mappings;

    /// <summary>Counts a session and its doorbell memory; EMFILE at the limit, ENOMEM without a mapping.</summary>
    public NicResult TakeSession() =>
        Take(ref _sessions, 1, options.MaxSessionsPerUser, EMFILE, "open device files") is { IsOk: false } refusal
            ? refusal
            : TakeMapping(ref _sessions, 1);

    /// <summary>Counts a client that waits to be told that it is turned away; false at the limit.</summary>
    public bool TakeRefusal() => TryTake(ref _refusals, 1, MostRefusals);

    /// <summary>Counts an object and the mapping that it may need; ENOMEM at the limit of either.</summary>
    public NicResult TakeObject() =>
        Take(ref _objects, 1, options.MaxObjectsPerUser, ENOMEM, "objects") is { IsOk: false } refusal
            ? refusal
            : TakeMapping(ref _objects, 1);

    /// <summary>Counts an object that needs no mapping, such as an id of the connection manager; ENOMEM at the limit.</summary>
    public NicResult TakeUnmappedObject() => Take(ref _objects, 1, options.MaxObjectsPerUser, ENOMEM, "objects");

    /// <summary>Counts a ring's memory and mapping; ENOMEM at the limit of either.</summary>
    public NicResult TakeRingBytes(long bytes) =>
        Take(ref _ringBytes, bytes, options.MaxRingBytesPerUser, ENOMEM, "bytes of rings") is { IsOk: false } refusal
            ? refusal
            : TakeMapping(ref _ringBytes, bytes);

    /// <summary>Counts the bytes of a memory region; ENOMEM at the limit.</summary>
    public NicResult TakeRegisteredBytes(long bytes) =>
        Take(ref _registeredBytes, bytes, options.MaxRegisteredBytesPerUser, ENOMEM, "bytes of memory regions");

    /// <summary>Counts a mapping that is no object; ENOMEM when the user has its share.</summary>
    public NicResult TakeMapping() => TakeMapping(ref _otherMappings, 0);

    /// <summary>Gives such a mapping back.</summary>
    public void ReturnMapping() => Return(ref _otherMappings, 0);

    /// <summary>Counts an event that its client has not made room for; false at the limit.</summary>
    public bool TakeEvent() => TryTake(ref _keptEvents, 1, options.MaxEventBacklogPerUser);

    /// <summary>Gives a session back.</summary>
    public void ReturnSession() => Return(ref _sessions, 1);

    /// <summary>Gives a refusal back.</summary>
    public void ReturnRefusal() => Interlocked.Decrement(ref _refusals);

    /// <summary>Gives an object back.</summary>
    public void ReturnObject() => Return(ref _objects, 1);

    /// <summary>Gives an object that needed no mapping back.</summary>
    public void ReturnUnmappedObject() => Interlocked.Decrement(ref _objects);

    /// <summary>Gives a ring's memory back.</summary>
    public void ReturnRingBytes(long bytes) => Return(ref _ringBytes, bytes);

    /// <summary>Gives the bytes of a memory region back.</summary>
    public void ReturnRegisteredBytes(long bytes) => Interlocked.Add(ref _registeredBytes, -bytes);

    /// <summary>Gives kept events back.</summary>
    public void ReturnEvents(int count) => Interlocked.Add(ref _keptEvents, -count);

    private static bool TryTake(ref long count, long amount, long limit)
    {
        if (Interlocked.Add(ref count, amount) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref count, -amount);
        return false;
    }

    private NicResult Take(ref long count, long amount, long limit, int errno, string what) => TryTake(ref count, amount, limit)
        ? NicResult.Ok
        : new NicError(errno, $"user {userId} has reached the limit of {limit} {what}");

    // ENOMEM: what mmap(2) says at vm.max_map_count.
    private NicResult TakeMapping(ref long count, long amount)
    {
        if (mappings.TryTake(ref _mappings))
        {
            return NicResult.Ok;
        }

        Interlocked.Add(ref count, -amount);
        return new NicError(
            ENOMEM, $"user {userId} has its share of the daemon's memory mappings; vm.max_map_count (sysctl) allows the daemon more");
    }

    private void Return(ref long count, long amount)
    {
        Interlocked.Add(ref count, -amount);
        mappings.Return(ref _mappings);
    }
}
