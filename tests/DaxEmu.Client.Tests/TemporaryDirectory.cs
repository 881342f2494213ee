namespace DaxEmu.Client.Tests;

/// <summary>A directory of one test, gone with it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("daxemu-client-");

    public string Path(string name) => System.IO.Path.Combine(_directory.FullName, name);

    /// <summary>Makes a file with all its blocks, filled with the same pseudo-random bytes for the same seed.</summary>
    public string File(string name, int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        System.IO.File.WriteAllBytes(Path(name), bytes);
        return Path(name);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
