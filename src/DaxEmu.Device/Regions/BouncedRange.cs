using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.unistd;

namespace DaxEmu.Device;

/// <summary>A region of files that are not mapped: each access finds what the file has then, and none makes it longer.</summary>
/// <param name="parts">Its parts, next to one another.</param>
/// <param name="files">Where they are from.</param>
/// <param name="copier">Does the copying.</param>
internal sealed unsafe class BouncedRange(BouncedPart[] parts, BouncedFiles files, UnmappedCopier copier) : UnmappedRange(copier)
{
    /// <inheritdoc/>
    public override uint Piece(ulong offset, uint length)
    {
        BouncedPart part = PartAt(offset);
        return (uint)Math.Min(length, part.Start + part.Length - offset);
    }

    /// <inheritdoc/>
    public override bool TryEnter(ulong offset, bool isWrite) => PartAt(offset).File.TryEnter(isWrite);

    /// <inheritdoc/>
    public override void Leave(ulong offset, bool isWrite) => PartAt(offset).File.Leave(isWrite);

    /// <inheritdoc/>
    public override int Read(ulong offset, byte* to, uint length)
    {
        BouncedPart part = PartAt(offset);
        return DescriptorCopy.Read(part.Descriptor, part.Offset + (offset - part.Start), to, length);
    }

    /// <inheritdoc/>
    public override int Write(ulong offset, byte* from, uint length)
    {
        BouncedPart part = PartAt(offset);
        ulong at = part.Offset + (offset - part.Start);
        long size = FileContents.Seek(part.Descriptor, 0, SEEK_END);
        return size < 0 ? (int)-size
            : at + length > (ulong)size ? ENXIO
            : DescriptorCopy.Write(part.Descriptor, at, from, length);
    }

    /// <summary>Brings what was written to a range to stable storage, and waits for it: fdatasync(2) of its files.</summary>
    /// <returns>0, or the errno.</returns>
    public int Sync(ulong offset, ulong length)
    {
        foreach (BouncedPart part in parts)
        {
            if (offset < part.Start + part.Length && part.Start < offset + length)
            {
                int done = FileContents.Sync(part.Descriptor, dataOnly: true);
                if (done < 0)
                {
                    return -done;
                }
            }
        }

        return 0;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (BouncedPart part in parts)
        {
            part.Descriptor.Dispose();
            files.Return(part.File);
        }
    }

    // The bytes of its first page that come before the region are asked for by nobody.
    private BouncedPart PartAt(ulong offset)
    {
        int i = 0;
        while (offset >= parts[i].Start + parts[i].Length)
        {
            i++;
        }

        return parts[i];
    }
}
