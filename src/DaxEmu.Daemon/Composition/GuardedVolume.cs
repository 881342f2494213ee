using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Guards;
using DaxEmu.Guards.Fanotify;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Daemon.Composition;

/// <summary>A volume, and what guards it.</summary>
/// <param name="options">Its configuration.</param>
/// <param name="files">Its files; disposed with it.</param>
internal sealed class GuardedVolume(VolumeOptions options, Volume files) : IDisposable
{
    private IVolumeGuard? _guard;

    /// <summary>Its configuration.</summary>
    public VolumeOptions Options => options;

    /// <summary>Its files.</summary>
    public Volume Files => files;

    /// <summary>Its guard while it is guarded.</summary>
    public IVolumeGuard? Guard => Volatile.Read(ref _guard);

    /// <summary>Opens a volume's files.</summary>
    /// <exception cref="Linux.LinuxException">The backing directory cannot be opened.</exception>
    /// <exception cref="ArgumentException">The backing directory and the mount lie one within the other.</exception>
    public static GuardedVolume Open(VolumeOptions options) =>
        new(options, options.Mount is { } mount ? FuseVolume.Open(options.Backing, mount) : InPlaceVolume.Open(options.Backing));

    /// <summary>Starts guarding it; a mount that a killed daemon left there goes first.</summary>
    /// <exception cref="ConfigurationException">It cannot be guarded so.</exception>
    public void Start(IFileContract contract, IGuardEvents events, PreloadGuards preload)
    {
        _guard = files switch
        {
            FuseVolume mounted => Mount(mounted, contract, events),
            InPlaceVolume inPlace => StartInPlace(inPlace, contract, events, preload),
            _ => throw new InvalidOperationException($"{options.Key}: no guard knows a {files.GetType().Name}"),
        };
    }

    /// <summary>Stops guarding it.</summary>
    public void Stop() => Interlocked.Exchange(ref _guard, null)?.Dispose();

    /// <summary>Stops guarding it and closes it.</summary>
    public void Dispose()
    {
        Stop();
        files.Dispose();
    }

    private FuseGuard Mount(FuseVolume volume, IFileContract contract, IGuardEvents events)
    {
        try
        {
            FuseGuardOptions settings = new() { ForcePageCache = options.Passthrough == PassthroughMode.Off };
            return FuseGuard.Mount(volume, contract, events, settings);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            throw new ConfigurationException([$"{options.Key}:Mount: {e.Message}"]);
        }
    }

    private IVolumeGuard StartInPlace(InPlaceVolume volume, IFileContract contract, IGuardEvents events, PreloadGuards preload)
    {
        switch (options.Guard)
        {
            case GuardChoice.None:
                return new Unguarded(volume, $"{options.Key}:Guard is none");
            case GuardChoice.Preload:
                return preload.Start(options.Key, volume, $"programs ask by themselves, as {options.Key}:Guard is preload");
        }

        FanotifyGuardOptions settings = new() { IsStrict = options.Unreadable == UnreadableCallers.Strict };
        if (FanotifyGuard.TryStart(volume, contract, events, settings, out string obstacle) is { } guard)
        {
            return guard;
        }

        if (options.Guard != GuardChoice.Auto)
        {
            throw new ConfigurationException([$"{options.Key}:Guard: {KebabCase.Of(options.Guard)} does not work here: {obstacle}"]);
        }

        events.Warning($"{options.Backing}: only programs that run with libdaxemu-preload.so are caught, because {obstacle}; daxemu status lists the gaps");
        return preload.Start(options.Key, volume, $"programs ask by themselves, because {obstacle}");
    }
}
