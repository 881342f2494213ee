using System.Security.Cryptography;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>perftest between files of a guarded volume that the device does not map.</summary>
public sealed class BouncedFileTests(BouncingMachine machine) : IClassFixture<BouncingMachine>
{
    private const int Length = 256 << 10;

    // perftest makes its buffer of twice the size, and rounds up.
    private const int FileLength = 4 * Length;

    [Theory]
    [InlineData("ib_write_bw", "-n", "20")]
    [InlineData("ib_read_bw", "-n", "20")]
    [InlineData("ib_send_bw", "-n", "20")]
    [InlineData("ib_write_lat", "-n", "20", "-s", "4096")]
    [InlineData("ib_atomic_bw", "-n", "20", "-A", "FETCH_AND_ADD")]
    public async Task A_benchmark_between_two_files_runs_to_its_end(string program, params string[] arguments)
    {
        Machine.Require(program, "perftest");
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            program, ["-x", "3", "-F", .. arguments], server: [$"--mmap={await NewFileAsync("to")}"], client: [$"--mmap={await NewFileAsync("from")}"]);

        server.Succeeded();
        client.Succeeded();
    }

    [Fact]
    public async Task What_the_one_sends_is_in_the_file_of_the_other()
    {
        Machine.Require("ib_write_bw", "perftest");
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");
        string from = await NewFileAsync("from"), to = await NewFileAsync("to");

        (ProgramResult server, ProgramResult client) = await machine.RunPairAsync(
            "ib_write_bw", ["-x", "3", "-F", "-n", "20", "-s", $"{Length}"], server: [$"--mmap={to}"], client: [$"--mmap={from}"]);

        server.Succeeded();
        client.Succeeded();
        byte[] sent = await File.ReadAllBytesAsync(from, TestContext.Current.CancellationToken);
        byte[] received = await File.ReadAllBytesAsync(to, TestContext.Current.CancellationToken);
        byte[] hash = SHA256.HashData(sent.AsSpan(0, Length));
        Assert.NotEqual(SHA256.HashData(new byte[Length]), hash);
        Assert.Contains(hash, Enumerable.Range(0, 4).Select(i => SHA256.HashData(received.AsSpan(i * Length, Length))));
        ProgramResult events = await machine.RunAsync(Machine.Command, "events", "--socket", machine.Runtime, to, "--json");
        Assert.Contains("\"mapping\":\"bounce\"", events.Succeeded().Text, StringComparison.Ordinal);
    }

    private async Task<string> NewFileAsync(string name)
    {
        string path = Path.Combine(machine.Volume, $"{name}-{Guid.NewGuid()}");
        await File.WriteAllBytesAsync(path, new byte[FileLength], TestContext.Current.CancellationToken);
        return path;
    }
}
