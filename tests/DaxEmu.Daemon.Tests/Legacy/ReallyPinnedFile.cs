using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A file that the running kernel has pinned for a real device: fixed.c.</summary>
internal sealed class ReallyPinnedFile : PinnedFile
{
    private readonly Process _process;

    public ReallyPinnedFile(string path, string program)
        : base(path)
    {
        _process = Process.Start(
            new ProcessStartInfo(program, [path]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Refusal = Answer();
    }

    /// <summary>0, or the errno that the pin was refused with.</summary>
    public int Refusal { get; }

    public override void Write(long offset, char value, int region = 0) => Assert.Equal(0, Tell($"w {region} {offset} {(int)value}"));

    public override byte Read(long offset, int region = 0)
    {
        int read = Tell($"r {region} {offset}");
        Assert.True(read >= 0, $"errno {-read}");
        return (byte)read;
    }

    public override byte Mapped(long offset) => (byte)Tell($"m {offset}");

    public override void Remove(long offset, long length) => Assert.Equal(0, Tell($"remove {offset} {length}"));

    public override void Unmap()
    {
        Assert.Equal(0, Tell("unmap"));
        IsMapped = false;
    }

    public override void RegisterAgain() => Assert.Equal(0, Tell("again"));

    public override void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        base.Dispose();
    }

    private int Tell(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        return Answer();
    }

    private int Answer() => _process.StandardOutput.ReadLine() is { } line
        ? int.Parse(line, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException(_process.StandardError.ReadToEnd());
}
