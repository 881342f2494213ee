using System.Diagnostics.CodeAnalysis;
using DaxEmu.Contract;
using DaxEmu.Linux;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards;

/// <summary>
/// Sees to it that the contract is asked before a program changes the blocks under a pin on a file of a volume. It guards until it is
/// disposed.
/// </summary>
public interface IVolumeGuard : IDisposable
{
    /// <summary>Its kind, as <c>Volumes:N:Guard</c> names it.</summary>
    string Name { get; }

    /// <summary>How it reaches the volume's files, and why so, as a sentence.</summary>
    string Reason { get; }

    /// <summary>What it does not catch here, or cannot answer in full, as sentences.</summary>
    IReadOnlyList<string> Gaps { get; }

    /// <summary>Tells what a client's descriptor stands for, when it is of a file of this volume.</summary>
    /// <param name="descriptor">The client's descriptor.</param>
    /// <param name="file">The file behind it, to be disposed; null when the descriptor lies elsewhere.</param>
    /// <returns>True when it is of this volume.</returns>
    /// <exception cref="LinuxException">The descriptor cannot be asked, or the backing file not be opened.</exception>
    bool TryResolveBacking(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file);

    /// <summary>
    /// Takes note of a pin. Must be called before the contract is asked for it, and taken back with <see cref="OnUnpinned"/> when it is
    /// refused or given up: an operation that begins after this call asks the contract. The file must be known to the guard, as it is while a
    /// <see cref="BackingFile"/> of it lives.
    /// </summary>
    /// <param name="file">The backing file.</param>
    /// <returns>False when the file is not one of this volume that the guard knows: nothing was noted.</returns>
    /// <exception cref="LinuxException">The file cannot be guarded: nothing was noted, and the pin is to be refused.</exception>
    bool OnPinned(FileIdentity file);

    /// <summary>
    /// Takes note that a pin is gone: once for each <see cref="OnPinned"/> that returned true, after the contract let go.
    /// </summary>
    /// <param name="file">The backing file.</param>
    void OnUnpinned(FileIdentity file);

    /// <summary>
    /// Takes note that a region which may write a file without marking its pages (<see cref="PinRequest.IsUnmarkedWriting"/>) has come, after the
    /// contract granted its pin, or has gone, after it let go: each marks all its pages as changed. Nothing to a guard that holds nothing back.
    /// </summary>
    /// <param name="file">The backing file, noted by <see cref="OnPinned"/>.</param>
    /// <param name="range">The bytes that are pinned.</param>
    void OnMarked(FileIdentity file, ByteRange range)
    {
    }

    /// <summary>Brings bytes that were held back to the disk, because a device makes them durable.</summary>
    /// <param name="file">The backing file.</param>
    /// <param name="range">The bytes.</param>
    /// <returns>0 or an errno.</returns>
    int Persist(FileIdentity file, ByteRange range) => 0;
}
