using System.Diagnostics.CodeAnalysis;
using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards;

/// <summary>No guard: a volume's policies and rules are read and told, and nobody asks before changing its files.</summary>
/// <param name="volume">The volume.</param>
/// <param name="reason">Why there is none.</param>
public sealed class Unguarded(InPlaceVolume volume, string reason) : IVolumeGuard
{
    /// <inheritdoc/>
    public string Name => "none";

    /// <inheritdoc/>
    public string Reason => reason;

    /// <inheritdoc/>
    public IReadOnlyList<string> Gaps { get; } = ["nothing is caught: every operation proceeds, whatever is pinned"];

    /// <inheritdoc/>
    public bool TryResolveBacking(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file) =>
        volume.TryResolve(descriptor, out file);

    /// <inheritdoc/>
    public bool OnPinned(FileIdentity file) => false;

    /// <inheritdoc/>
    public void OnUnpinned(FileIdentity file)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
