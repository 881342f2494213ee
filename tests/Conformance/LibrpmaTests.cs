using System.Buffers.Binary;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>librpma: writes, flushes and atomic writes into a file of a guarded volume that another process has registered.</summary>
public sealed class LibrpmaTests(Machine machine)
{
    private const int Length = 1 << 20;
    private const int Word = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task What_is_written_and_flushed_is_in_the_servers_guarded_file()
    {
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");
        Assert.SkipUnless(File.Exists("/usr/include/librpma.h"), "librpma.h is missing (Debian: apt-get install librpma-dev)");
        string program = await machine.CompileAsync("rpma_file", libraries: "-lrpma");
        string path = Path.Combine(machine.Volume, "rpma-file");
        await File.WriteAllBytesAsync(path, new byte[Length], TestContext.Current.CancellationToken);
        int port = TcpPort.Unused();
        RunningProgram serving = machine.Start(program, "server", $"{port}", path);

        (ProgramResult server, ProgramResult client) = await ProgramPair.RunAsync(
            serving,
            RdmaPort.WaitUntilListeningAsync(machine, port, serving, Patience),
            () => machine.Start(program, "client", $"{port}"),
            Patience);

        Assert.Contains($"{Length} bytes checked", client.Succeeded().Text, StringComparison.Ordinal);
        server.Succeeded();
        byte[] expected = [.. Enumerable.Range(0, Length).Select(i => (byte)((7 * i) + (i / 251)))];
        BinaryPrimitives.WriteUInt64LittleEndian(expected.AsSpan(Length - Word), 0x1122334455667788);
        Assert.Equal(expected, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }
}
