using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device.Tests;

/// <summary>A file that goes away with the test.</summary>
internal sealed class TestFile : IDisposable
{
    private readonly string _directory;

    /// <summary>Makes it.</summary>
    /// <param name="length">Zero bytes that it has.</param>
    /// <param name="volume">The filesystem that it lies on; null for that of temporary files.</param>
    public TestFile(long length, string? volume = null)
    {
        _directory = volume is null
            ? Directory.CreateTempSubdirectory("daxemu-test-").FullName
            : Directory.CreateDirectory(System.IO.Path.Combine(volume, Guid.NewGuid().ToString())).FullName;
        Path = System.IO.Path.Combine(_directory, "f");
        Handle = File.OpenHandle(Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(Handle, new byte[length], 0);
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    public byte[] Content => File.ReadAllBytes(Path);

    public SafeFileHandle OpenReadOnly() => File.OpenHandle(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    public void Dispose()
    {
        Handle.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
