using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>A raw descriptor.</summary>
internal sealed class OpenedFile : IDisposable
{
    internal OpenedFile(string path, int flags)
    {
        Descriptor = Libc.Open(path, flags);
        Assert.True(Descriptor >= 0, $"open {path}: errno {-Descriptor}");
    }

    internal int Descriptor { get; }

    public void Dispose() => Libc.Close(Descriptor);
}
