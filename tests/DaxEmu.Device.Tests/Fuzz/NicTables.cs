using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Device.Tests;

/// <summary>Fills each of a NIC's tables, to see that nothing was left in it.</summary>
internal static class NicTables
{
    private const ulong Owner = ulong.MaxValue;
    private const int RingBytes = 65536;

    // The IPv4 address of the port: docs/compatibility.md.
    private const byte GidIndex = 3;

    /// <summary>Fails for a table that does not take as many objects as the NIC's limit says.</summary>
    /// <param name="device">A device without clients.</param>
    public static void CheckThatTheyAreEmpty(TestDevice device)
    {
        // All rings lie in one place: nothing is ever posted to them.
        using SafeFileHandle file = MemoryFile.CreateSealed("rings", RingBytes);
        using MemoryMapping memory = MemoryMapping.Map(file, 0, RingBytes, MemoryProtection.ReadWrite);
        NicResult<int> mapping = device.Mappings.Add(memory.Address, RingBytes);
        Assert.True(mapping.IsOk, mapping.Reason);
        Fill(device.Nic, new RingLocation(mapping.Value, 0), device.Server.Devices.All[0].Ports[0].Gids.Entries[GidIndex]);
        device.Nic.ReleaseOwner(Owner);
        device.Mappings.Remove(mapping.Value);
    }

    private static void Fill(NicDevice nic, RingLocation ring, Gid gid)
    {
        NicOptions limits = nic.Options;
        ProtectionDomain domain = Filled("protection domains", limits.MaxProtectionDomains, () => nic.AllocateDomain(Owner));
        CompletionQueue cq = Filled("completion queues", limits.MaxCompletionQueues, () => nic.CreateCompletionQueue(Owner, 1, ring, 0));
        Filled("shared receive queues", limits.MaxSharedReceiveQueues, () => nic.CreateSharedReceiveQueue(domain, new(1, 1, 0, ring, 0)));
        Filled("memory regions", limits.MaxMemoryRegions, () => nic.RegisterAsync(
            domain, new MemoryRegionRequest(4096, 4096, 0, [], _ => new RegionMapping(0, 0, () => { })), default).AsTask().GetAwaiter().GetResult());
        Filled("memory windows", limits.MaxMemoryWindows, () => nic.AllocateWindow(domain, IBV_MW_TYPE_1));
        AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = gid, SourceGidIndex = GidIndex };
        Filled("address handles", limits.MaxAddressHandles, () => nic.CreateAddressHandle(domain, path));
        QpCapabilities capabilities = new(1, 1, 1, 1, 0);
        QueuePair pair = Filled("queue pairs", limits.MaxQueuePairs, () => nic.CreateQueuePair(
            domain, new QueuePairRequest(IBV_QPT_UD, capabilities, ring, ring, cq, cq, false, 0)));
        for (uint group = 0; group < limits.MaxMulticastGroups; group++)
        {
            NicResult attached = nic.AttachMulticast(pair, new Gid(new UInt128(0xff0e_0000_0000_0000, group)));
            Assert.True(attached.IsOk, $"{group} of {limits.MaxMulticastGroups} multicast groups: {attached.Reason}");
        }
    }

    private static T Filled<T>(string what, int limit, Func<NicResult<T>> make)
    {
        T? last = default;
        for (int i = 0; i < limit; i++)
        {
            NicResult<T> made = make();
            Assert.True(made.IsOk, $"{i} of {limit} {what}: {made.Reason}");
            last = made.Value;
        }

        Assert.False(make().IsOk, $"more than {limit} {what}");
        return last!;
    }
}
