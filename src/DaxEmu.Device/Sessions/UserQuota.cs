using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>What one user has of the device, in all its sessions. Safe for any number of threads.</summary>
/// <param name="userId">The user.</param>
/// <param name="options">The limits.</param>
internal sealed class UserQuota(uint userId, DeviceServerOptions options)
{
    private long _sessions;
    private long _objects;
    private long _ringBytes;
    private long _registeredBytes;

    /// <summary>Counts a session; EMFILE at the limit.</summary>
    public NicResult TakeSession() => Take(ref _sessions, 1, options.MaxSessionsPerUser, EMFILE, "open device files");

    /// <summary>Counts an object; ENOMEM at the limit.</summary>
    public NicResult TakeObject() => Take(ref _objects, 1, options.MaxObjectsPerUser, ENOMEM, "objects");

    /// <summary>Counts ring memory; ENOMEM at the limit.</summary>
    public NicResult TakeRingBytes(long bytes) => Take(ref _ringBytes, bytes, options.MaxRingBytesPerUser, ENOMEM, "bytes of rings");

    /// <summary>Counts the bytes of a memory region; ENOMEM at the limit.</summary>
    public NicResult TakeRegisteredBytes(long bytes) =>
        Take(ref _registeredBytes, bytes, options.MaxRegisteredBytesPerUser, ENOMEM, "bytes of memory regions");

    /// <summary>Gives a session back.</summary>
    public void ReturnSession() => Interlocked.Decrement(ref _sessions);

    /// <summary>Gives an object back.</summary>
    public void ReturnObject() => Interlocked.Decrement(ref _objects);

    /// <summary>Gives ring memory back.</summary>
    public void ReturnRingBytes(long bytes) => Interlocked.Add(ref _ringBytes, -bytes);

    /// <summary>Gives the bytes of a memory region back.</summary>
    public void ReturnRegisteredBytes(long bytes) => Interlocked.Add(ref _registeredBytes, -bytes);

    private NicResult Take(ref long count, long amount, long limit, int errno, string what)
    {
        if (Interlocked.Add(ref count, amount) <= limit)
        {
            return NicResult.Ok;
        }

        Interlocked.Add(ref count, -amount);
        return new NicError(errno, $"user {userId} has reached the limit of {limit} {what}");
    }
}
