namespace DaxEmu.Guards.Tests;

/// <summary>A file mapped shared for reading and writing.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly int _length;
    private readonly byte* _address;
    private OpenedFile? _file;

    internal MappedFile(string path, int pages)
    {
        _length = pages * Libc.Page;
        _file = new OpenedFile(path, Libc.O_RDWR);
        _address = Libc.Map(_file.Descriptor, _length);
    }

    internal Span<byte> Bytes => new(_address, _length);

    /// <summary>madvise(MADV_REMOVE) of one page: 0 or the negated errno.</summary>
    internal int Remove(int page) => Libc.Madvise(_address + (page * Libc.Page), Libc.Page, Libc.MADV_REMOVE);

    internal int Sync() => Libc.Msync(_address, _length);

    internal void CloseDescriptor()
    {
        _file?.Dispose();
        _file = null;
    }

    public void Dispose()
    {
        Libc.Unmap(_address, _length);
        CloseDescriptor();
    }
}
