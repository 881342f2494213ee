namespace DaxEmu.Contract;

/// <summary>How sentences name the holder of a pin.</summary>
internal static class PinOwnerName
{
    /// <summary><c>process 1234 (rdma_server)</c>; without the number when the process cannot be named here.</summary>
    internal static string Name(this PinOwner owner) =>
        owner.ProcessId == 0 ? $"a process of another pid namespace ({owner.Command})" : $"process {owner.ProcessId} ({owner.Command})";
}
