using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>The first bytes of a block: enough for another process to find the arrays.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct BlockHeader
{
    // "DAXNIC" and a version: a change of any struct in the block is a new version.
    public const ulong ExpectedMagic = 0x0003_4349_4e58_4144;

    public ulong Magic;
    public ulong Length;
    public int QueuePairs;
    public int CompletionQueues;
    public int SharedReceiveQueues;
    public int Regions;

    /// <summary>Index of the first window: entries below it are regions.</summary>
    public int FirstWindow;

    public int AddressHandles;
    public int MulticastGroups;
    public int Gids;
    public int Engines;
    public int MaxSge;
    public int MaxInlineData;
    public uint MaxMessageBytes;
    public int BytesPerDrain;
    public int WorkRequestsPerDrain;
    public int QpIndexBits;
    public ulong EnginesOffset;
    public ulong QpOffset;
    public ulong CqOffset;
    public ulong SrqOffset;
    public ulong RegionOffset;
    public ulong AddressHandleOffset;
    public ulong MulticastOffset;
    public ulong MulticastBucketOffset;
    public ulong GidOffset;
    public ulong WorkAreaOffset;
    public ulong WorkAreaStride;
    public ulong ReceiveAreaOffset;
    public ulong TakenReceiveOffset;

    /// <summary>A count for each protection domain: see <see cref="NicBlock.IsPaused"/>.</summary>
    public ulong PauseOffset;

    /// <summary>Counts grace periods: see <see cref="NicBlock.BeginGrace"/>. This and the next are the only fields that change.</summary>
    public ulong Grace;

    /// <summary>How many pauses of protection domains there are now.</summary>
    public int Pauses;

    public static unsafe BlockHeader For(NicOptions options)
    {
        BlockHeader header = new()
        {
            Magic = ExpectedMagic,
            QueuePairs = options.MaxQueuePairs,
            CompletionQueues = options.MaxCompletionQueues,
            SharedReceiveQueues = options.MaxSharedReceiveQueues,
            Regions = options.MaxMemoryRegions + options.MaxMemoryWindows + 1,
            FirstWindow = options.MaxMemoryRegions + 1,
            AddressHandles = options.MaxAddressHandles + 1,
            MulticastGroups = options.MaxMulticastGroups,
            // One more, which ends the list.
            Gids = options.MaxGids + 1,
            Engines = options.MaxEngines,
            MaxSge = options.MaxSge,
            MaxInlineData = options.MaxInlineData,
            MaxMessageBytes = options.MaxMessageBytes,
            BytesPerDrain = options.BytesPerDrain,
            WorkRequestsPerDrain = options.WorkRequestsPerDrain,
            QpIndexBits = System.Numerics.BitOperations.Log2((uint)options.MaxQueuePairs - 1 | 1) + 1,
        };
        uint sendArea = RingLayout.SendWqeBytes + (uint)Math.Max(options.MaxSge * sizeof(Abi.rxe_sge), options.MaxInlineData);
        header.ReceiveAreaOffset = Align(sendArea);
        uint receiveArea = RingLayout.ReceiveWqeBytes + (uint)(options.MaxSge * sizeof(Abi.rxe_sge));
        header.TakenReceiveOffset = Align(header.ReceiveAreaOffset + receiveArea);
        header.WorkAreaStride = Align(header.TakenReceiveOffset + receiveArea);

        ulong end = (ulong)sizeof(BlockHeader);
        header.EnginesOffset = Take(ref end, options.MaxEngines, sizeof(EngineSlot));
        header.QpOffset = Take(ref end, header.QueuePairs, sizeof(QpContext));
        header.CqOffset = Take(ref end, header.CompletionQueues, sizeof(CqContext));
        header.SrqOffset = Take(ref end, header.SharedReceiveQueues, sizeof(SrqContext));
        header.RegionOffset = Take(ref end, header.Regions, sizeof(RegionContext));
        header.AddressHandleOffset = Take(ref end, header.AddressHandles, sizeof(AddressHandleContext));
        header.MulticastOffset = Take(ref end, header.MulticastGroups, sizeof(MulticastGroup));
        header.MulticastBucketOffset = Take(ref end, header.MulticastGroups, sizeof(int));
        header.GidOffset = Take(ref end, header.Gids, sizeof(GidContext));
        // Numbers begin with 1.
        header.PauseOffset = Take(ref end, options.MaxProtectionDomains + 1, sizeof(int));
        header.WorkAreaOffset = Take(ref end, header.QueuePairs, (long)header.WorkAreaStride);
        header.Length = end;
        return header;
    }

    private static ulong Take(ref ulong end, int count, long size)
    {
        ulong start = end;
        end = Align(end + ((ulong)count * (ulong)size));
        return start;
    }

    private static ulong Align(ulong value) => (value + 63) & ~63UL;
}
