namespace DaxEmu.Linux.Served;

/// <summary>
/// Unmapping pages of a mount that this very process serves. The kernel has its changed pages written back first, with the process's memory
/// map locked (fs/fuse/file.c, fuse_vma_close): the requests for that are answered without the runtime meanwhile, whose threads may be
/// stopped until that lock is free.
/// </summary>
public static class WriteBackGate
{
    private static readonly Lock Guard = new();
    private static readonly List<RequestChannel> Channels = [];

    /// <summary>Does something that unmaps such pages; it must wait for nothing that another thread does for the mount.</summary>
    /// <param name="unmapping">The calls of munmap(2) or mmap(2).</param>
    /// <returns>What it returned.</returns>
    public static T Unmap<T>(Func<T> unmapping)
    {
        ArgumentNullException.ThrowIfNull(unmapping);
        NativeGate.Close();
        try
        {
            return unmapping();
        }
        finally
        {
            do
            {
                CarryOutKept();
            }
            while (NativeGate.Open() == 0);
        }
    }

    internal static void Add(RequestChannel channel)
    {
        lock (Guard)
        {
            Channels.Add(channel);
        }
    }

    internal static void Remove(RequestChannel channel)
    {
        lock (Guard)
        {
            Channels.Remove(channel);
        }
    }

    private static void CarryOutKept()
    {
        lock (Guard)
        {
            Channels.ForEach(c => c.CarryOutKept());
        }
    }
}
