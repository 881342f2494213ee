using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Device;
using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// The NIC and the memory that it lives in: a memory file, so that another process could map it. Its pins go to the contract, and so do
/// its memory faults, through the event router.
/// </summary>
internal sealed class NicParts : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly MemoryMapping _memory;

    /// <summary>Makes a NIC.</summary>
    /// <param name="options">Its limits.</param>
    /// <param name="contract">Grants its pins.</param>
    public unsafe NicParts(DaxEmuOptions options, IFileContract contract)
    {
        DeviceOptions limits = options.Device;
        NicOptions nic = new()
        {
            MaxQueuePairs = limits.MaxQueuePairs,
            MaxCompletionQueues = limits.MaxCompletionQueues,
            MaxMemoryRegions = limits.MaxMemoryRegions,
            MaxEngines = options.Engine.Workers,
        };
        nuint length = NicBlock.RequiredSize(nic);
        _file = MemoryFile.CreateSealed("daxemu-nic", (long)length);
        _memory = MemoryMapping.Map(_file, 0, (long)length, MemoryProtection.ReadWrite);

        // Each region is a mapping, each completion queue and shared receive queue one ring, each queue pair two.
        Mappings = new MappingTable(
            limits.MaxMemoryRegions + limits.MaxCompletionQueues + nic.MaxSharedReceiveQueues + (2 * limits.MaxQueuePairs));
        Events = new NicEventRouter();
        Syncer = new RegionSyncer(Events, Mappings, nic.MaxQueuePairs, contract);
        Device = new NicDevice(
            nic,
            NicBlock.Initialise(nic, (void*)_memory.Address, length),
            Mappings,
            contract,
            new GuardedMemory(GuardedCopy.Copy, GuardedCopy.CompareSwap, GuardedCopy.FetchAdd),
            Events,
            new UnmappedMemory(nic.MaxQueuePairs, Mappings.Capacity),
            Syncer);
    }

    /// <summary>Where client memory and rings lie in this process.</summary>
    public MappingTable Mappings { get; }

    /// <summary>Brings its events to the sessions, and its memory faults to the contract.</summary>
    public NicEventRouter Events { get; }

    /// <summary>Makes its regions durable.</summary>
    public RegionSyncer Syncer { get; }

    /// <summary>Its control plane.</summary>
    public NicDevice Device { get; }

    /// <summary>Frees its memory. No engine and no session may be left.</summary>
    public void Dispose()
    {
        Syncer.Dispose();
        Mappings.Dispose();
        _memory.Dispose();
        _file.Dispose();
    }
}
