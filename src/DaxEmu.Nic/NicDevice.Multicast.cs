using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _multicastIndices;
    private readonly Dictionary<Gid, uint> _multicastGroups;

    /// <summary>Multicast groups that have a member now.</summary>
    public int MulticastGroupCount
    {
        get
        {
            lock (_lock)
            {
                return _multicastGroups.Count;
            }
        }
    }

    /// <summary>
    /// Attaches a queue pair to a multicast group (ibv_attach_mcast(3)): it gets a copy of every datagram to that address, its own too.
    /// Attaching it twice is as once.
    /// </summary>
    /// <param name="qp">A queue pair of type UD.</param>
    /// <param name="address">The group's MGID.</param>
    /// <returns>EINVAL for another type, an address that is not multicast or a queue pair that is gone, ENOMEM at the limits.</returns>
    public NicResult AttachMulticast(QueuePair qp, Gid address)
    {
        ArgumentNullException.ThrowIfNull(qp);
        lock (_lock)
        {
            if (CheckMulticast(qp, address) is { } refusal)
            {
                return refusal;
            }

            if (qp.Groups.Contains(address))
            {
                return NicResult.Ok;
            }

            if (!_multicastGroups.TryGetValue(address, out uint index))
            {
                if (!_multicastIndices.TryTake(out index))
                {
                    return new NicError(ENOMEM, $"all {_options.MaxMulticastGroups} multicast groups are in use");
                }

                _multicastGroups.Add(address, index);
                _block.LinkMulticast((int)index, address);
            }

            int place = _block.Multicast((int)index).Members[..].IndexOf(0U);
            if (place < 0)
            {
                return new NicError(ENOMEM, $"group {address} has {MulticastGroup.Capacity} queue pairs already");
            }

            Volatile.Write(ref _block.Multicast((int)index).Members[place], qp.Number);
            qp.Groups.Add(address);
            return NicResult.Ok;
        }
    }

    /// <summary>Detaches a queue pair from a multicast group (ibv_detach_mcast(3)).</summary>
    /// <param name="qp">The queue pair.</param>
    /// <param name="address">The group's MGID.</param>
    /// <returns>EINVAL when it is not attached.</returns>
    public NicResult DetachMulticast(QueuePair qp, Gid address)
    {
        ArgumentNullException.ThrowIfNull(qp);
        lock (_lock)
        {
            if (CheckMulticast(qp, address) is { } refusal)
            {
                return refusal;
            }

            if (!qp.Groups.Contains(address))
            {
                return new NicError(EINVAL, $"queue pair 0x{qp.Number:x} is not attached to group {address}");
            }

            Leave(qp, address);
            return NicResult.Ok;
        }
    }

    /// <summary>True while a queue pair is attached to a multicast group.</summary>
    public bool IsAttached(QueuePair qp)
    {
        ArgumentNullException.ThrowIfNull(qp);
        lock (_lock)
        {
            return qp.Groups.Count > 0;
        }
    }

    // The kernel's ib_attach_mcast.
    private static NicError? CheckMulticast(QueuePair qp, Gid address)
    {
        if (qp.IsGone)
        {
            return new NicError(EINVAL, $"queue pair 0x{qp.Number:x} is gone");
        }

        if (qp.Request.Type != IBV_QPT_UD)
        {
            return new NicError(EINVAL, $"queue pair 0x{qp.Number:x} is not of type UD: only datagrams are multicast");
        }

        return address.IsMulticast ? null : new NicError(EINVAL, $"{address} is no multicast address");
    }

    private void LeaveAllGroups(QueuePair qp)
    {
        foreach (Gid address in qp.Groups.ToArray())
        {
            Leave(qp, address);
        }
    }

    private void Leave(QueuePair qp, Gid address)
    {
        uint index = _multicastGroups[address];
        Span<uint> members = _block.Multicast((int)index).Members;
        Volatile.Write(ref members[members.IndexOf(qp.Number)], 0);
        qp.Groups.Remove(address);
        if (members.ContainsAnyExcept(0U))
        {
            return;
        }

        _multicastGroups.Remove(address);
        _block.UnlinkMulticast((int)index);
        // An engine may still be walking through it: it gets another address only when none is.
        _block.WaitForEngines();
        _multicastIndices.Return(index);
    }
}
