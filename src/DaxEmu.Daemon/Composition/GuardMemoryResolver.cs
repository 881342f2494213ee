using DaxEmu.Abi;
using DaxEmu.Device;
using DaxEmu.Guards;
using DaxEmu.Linux;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// Finds the backing file of memory that a client mapped on a guarded volume, so that the device maps that and pins it under its own
/// identity. Other files are taken as they are; nobody will ask before changing them, which the log says.
/// </summary>
/// <param name="volumes">The guarded volumes.</param>
/// <param name="plain">For all other memory.</param>
/// <param name="log">Where to say so.</param>
internal sealed partial class GuardMemoryResolver(GuardedVolumes volumes, FileMemoryResolver plain, ILogger<GuardMemoryResolver> log)
    : IMemoryResolver
{
    /// <inheritdoc/>
    public NicResult<ResolvedMemory> Resolve(SafeFileHandle descriptor, daxemu_segment segment, PeerCredentials client)
    {
        try
        {
            // O_PATH asks for no right to the file, and F_GETFL shows it like O_RDONLY: a backing file opened for it would lend the
            // client the daemon's own rights.
            if (DescriptorStatus.Of(descriptor).IsPathOnly)
            {
                return plain.Resolve(descriptor, segment, client);
            }

            foreach (IVolumeGuard guard in volumes.Guards)
            {
                if (guard.TryResolveBacking(descriptor, out BackingFile? backing))
                {
                    if (guard is Unguarded)
                    {
                        LogUnguarded(client.ProcessId, backing.Path);
                    }

                    return OfVolume(backing, descriptor, segment);
                }
            }
        }
        catch (LinuxException e)
        {
            return new NicError(e.Errno, e.Message);
        }

        NicResult<ResolvedMemory> memory = plain.Resolve(descriptor, segment, client);
        if (memory.IsOk && memory.Value.Identity is not null)
        {
            LogUnguarded(client.ProcessId, memory.Value.Path);
        }

        return memory;
    }

    private static NicResult<ResolvedMemory> OfVolume(BackingFile backing, SafeFileHandle descriptor, daxemu_segment segment)
    {
        try
        {
            // The backing descriptor has the client's access mode, so its rights are the client's.
            NicResult<ResolvedMemory> memory = FileMemoryResolver.Describe(backing.Descriptor ?? descriptor, segment);
            if (!memory.IsOk)
            {
                backing.Dispose();
            }

            return memory.IsOk ? Of(backing, memory.Value) : memory;
        }
        catch
        {
            backing.Dispose();
            throw;
        }
    }

    private static ResolvedMemory Of(BackingFile backing, ResolvedMemory memory) =>
        new()
        {
            File = memory.File,
            Keep = backing,
            Identity = backing.Identity,
            Path = backing.Path,
            Offset = memory.Offset,
            CanWrite = memory.CanWrite,
            Mapping = memory.Mapping,
            IsOnOwnMount = DescriptorStatus.IsServed(memory.File),

            // Of the backing file: they are read under locks that the guard's own threads take, so the guard must not be asked for them.
            ReadFacts = FileMemoryResolver.FactsOf(backing.Blocks ?? memory.File, backing.Blocks ?? memory.File, memory.CanWrite),
        };

    [LoggerMessage(
        30, LogLevel.Warning,
        "Process {ProcessId} registers {Path}, which no guard watches: nothing refuses a truncate of it while it is registered")]
    private partial void LogUnguarded(int processId, string path);
}
