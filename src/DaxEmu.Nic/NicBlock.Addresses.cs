namespace DaxEmu.Nic;

public sealed unsafe partial class NicBlock
{
    private readonly AddressHandleContext* _addressHandles;
    private readonly MulticastGroup* _multicastGroups;
    private readonly int* _multicastBuckets;
    private readonly GidContext* _gids;

    /// <summary>The entry of a handle's number; entry 0, which never holds one, when there is none.</summary>
    internal ref AddressHandleContext AddressHandle(uint number)
    {
        uint index = number >> 8;
        return ref _addressHandles[index < (uint)Header.AddressHandles ? index : 0];
    }

    internal ref MulticastGroup Multicast(int index) => ref _multicastGroups[index];

    /// <summary>The group of an address; good until the engine leaves its critical section.</summary>
    internal ref MulticastGroup FindMulticast(Gid address, out bool isThere)
    {
        int next = Volatile.Read(ref BucketOf(address));
        // Bounded, although there is no cycle: a group that moves to another bucket meanwhile would lead on into that.
        for (int steps = 0; next != 0 && steps < Header.MulticastGroups; steps++)
        {
            ref MulticastGroup group = ref _multicastGroups[next - 1];
            if (group.Address == address)
            {
                isThere = true;
                return ref group;
            }

            next = Volatile.Read(ref group.Next);
        }

        isThere = false;
        return ref _multicastGroups[0];
    }

    /// <summary>Makes an empty group findable. The caller holds the control lock, and no engine can be at the entry.</summary>
    internal void LinkMulticast(int index, Gid address)
    {
        ref int bucket = ref BucketOf(address);
        _multicastGroups[index] = new MulticastGroup { Address = address, Next = bucket };
        // Release: an engine that finds the group sees its fields.
        Volatile.Write(ref bucket, index + 1);
    }

    /// <summary>Makes a group unfindable; engines that are at it still get on to the next. The caller holds the control lock.</summary>
    internal void UnlinkMulticast(int index)
    {
        ref int link = ref BucketOf(_multicastGroups[index].Address);
        while (link != index + 1)
        {
            link = ref _multicastGroups[link - 1].Next;
        }

        Volatile.Write(ref link, _multicastGroups[index].Next);
    }

    /// <summary>True when a port of a device has a GID.</summary>
    internal bool HasGid(int device, Gid gid)
    {
        for (GidContext* entry = _gids; Volatile.Read(ref entry->Device) != 0; entry++)
        {
            if (entry->Device == device + 1 && entry->Value == gid)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Enters all ports' GIDs, by device. The caller holds the control lock.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="NicOptions.MaxGids"/>.</exception>
    internal void SetGids(Gid[][][] tables)
    {
        GidContext[] entries =
        [
            .. tables.SelectMany((ports, device) => ports.SelectMany(t => t).Where(g => !g.IsEmpty).Distinct()
                .Select(g => new GidContext { Value = g, Device = device + 1 })),
        ];
        if (entries.Length >= Header.Gids)
        {
            throw new ArgumentException($"the devices have {entries.Length} GIDs, the NIC has room for {Header.Gids - 1}", nameof(tables));
        }

        // From the end: what an engine reads meanwhile is always a list with an end.
        Volatile.Write(ref _gids[entries.Length].Device, 0);
        for (int i = entries.Length - 1; i >= 0; i--)
        {
            _gids[i].Value = entries[i].Value;
            Volatile.Write(ref _gids[i].Device, entries[i].Device);
        }
    }

    private ref int BucketOf(Gid address)
    {
        ulong mixed = ((ulong)(address.Value >> 64) ^ (ulong)address.Value) * 0x9e37_79b9_7f4a_7c15;
        return ref _multicastBuckets[(mixed >> 32) % (ulong)Header.MulticastGroups];
    }
}
