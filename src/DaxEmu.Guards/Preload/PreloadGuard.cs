using System.Diagnostics.CodeAnalysis;
using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Preload;

/// <summary>
/// Guards a volume by the programs' own asking: libdaxemu-preload.so in each of them asks the <see cref="PreloadServer"/> before it changes the
/// blocks of a file. It needs no privilege, and catches only programs that are willing.
/// </summary>
public sealed class PreloadGuard : IVolumeGuard
{
    private readonly InPlaceVolume _volume;
    private readonly PreloadServer _server;
    private int _disposed;

    /// <summary>Guards a volume from now on.</summary>
    /// <param name="volume">The volume; it stays the caller's.</param>
    /// <param name="server">Whom programs ask.</param>
    /// <param name="reason">Why this guard.</param>
    public PreloadGuard(InPlaceVolume volume, PreloadServer server, string reason)
    {
        ArgumentNullException.ThrowIfNull(server);
        _volume = volume;
        _server = server;
        Reason = reason;
        server.Add(volume);
    }

    /// <inheritdoc/>
    public string Name => "preload";

    /// <inheritdoc/>
    public string Reason { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Gaps { get; } =
    [
        "programs without libdaxemu-preload.so: not started by daxemu run or with LD_PRELOAD, linked statically, or set-user-ID",
        "system calls past libc's functions: io_uring, Go programs, inline assembly, nfsd and other machines",
        "O_TRUNC by shm_open, open_by_handle_at, openat2 with RESOLVE_ flags, posix_spawn_file_actions_addopen; defragmenting by ioctl",
        "madvise(MADV_REMOVE) on a mapping of a file that cannot be opened again; a file that takes a name just when it is opened with O_TRUNC",
        "programs that cannot reach the daemon's socket, in a container, a chroot or behind a seccomp filter",
        "programs that found no daemon, for a second; those that got no answer from it when they began, for half a minute",
    ];

    /// <inheritdoc/>
    public bool TryResolveBacking(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file) =>
        _volume.TryResolve(descriptor, out file);

    /// <inheritdoc/>
    public bool OnPinned(FileIdentity file) => _volume.Hold(file) is not null;

    /// <inheritdoc/>
    public void OnUnpinned(FileIdentity file)
    {
        if (_volume.Hold(file) is { } known)
        {
            // The hold just taken, and the pin's.
            _volume.Release(known);
            _volume.Release(known);
        }
    }

    /// <summary>Ends; programs then do as they like.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _server.Remove(_volume);
        }
    }
}
