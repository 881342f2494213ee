using System.Security.Cryptography;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>fio's rdma engine. A job that reads is the server; its client's job writes, and says by which verb.</summary>
public sealed class FioTests(Machine machine)
{
    private const int Block = 4096;
    private const int Blocks = 256;
    private const int ServerDepth = 16;
    private const int ClientDepth = 8;

    // fio asks for no retries when the receiver is not ready, and gives the server half a second to post its receives.
    private const string ReceiverNotReady = "RNR retry counter exceeded";
    private const int Attempts = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    // The server posts receives for all messages beforehand, for the reason above.
    [Theory]
    [InlineData("crc32c")]
    [InlineData("sha256", "--thread")]
    public async Task What_is_sent_is_verified_by_the_receiver(string checksum, params string[] arguments)
    {
        string[] both = [$"--verify={checksum}", "--verify_state_save=0", .. arguments];

        (ProgramResult server, ProgramResult client) = await RunAsync(
            "send", [.. both, $"--iodepth={Blocks + 1}"], [.. both, "--do_verify=0", $"--iodepth={ClientDepth}"]);

        client.Succeeded();
        server.Succeeded();
        Assert.Contains($"issued rwts: total={Blocks},0,0,0 short=0,0,0,0 dropped=0,0,0,0", server.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_sent_without_a_checksum_does_not_pass_the_verification()
    {
        (ProgramResult server, ProgramResult client) = await RunAsync(
            "send", ["--verify=crc32c", "--verify_state_save=0", $"--iodepth={Blocks + 1}"], [$"--iodepth={ClientDepth}"]);

        client.Succeeded();
        Assert.NotEqual(0, server.ExitStatus);
        Assert.Contains("verify: bad magic header", server.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_written_is_in_the_servers_guarded_file()
    {
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");
        string from = await FileAsync("fio-written-from", new byte[ClientDepth * Block]);
        string to = await FileAsync("fio-written-to", new byte[ServerDepth * Block]);

        (ProgramResult server, ProgramResult client) = await RunAsync(
            "write", [$"--iodepth={ServerDepth}", $"--mem=mmapshared:{to}"],
            [$"--iodepth={ClientDepth}", $"--mem=mmapshared:{from}", "--buffer_pattern=0x5ad0fade"]);

        client.Succeeded();
        server.Succeeded();
        byte[] pattern = [0x5a, 0xd0, 0xfa, 0xde];
        byte[] written = await ReadAsync(to, ServerDepth);
        Assert.Equal([.. Enumerable.Range(0, ServerDepth * Block).Select(i => pattern[i % pattern.Length])], written);
    }

    [Fact]
    public async Task What_is_read_comes_from_the_servers_guarded_file()
    {
        Assert.SkipUnless(machine.HasVolume, "there is no /dev/fuse");
        byte[] content = new byte[ServerDepth * Block];
        Random.Shared.NextBytes(content);
        string from = await FileAsync("fio-read-from", content);
        string to = await FileAsync("fio-read-to", new byte[ClientDepth * Block]);

        (ProgramResult server, ProgramResult client) = await RunAsync(
            "read", [$"--iodepth={ServerDepth}", $"--mem=mmapshared:{from}"],
            [$"--iodepth={ClientDepth}", $"--mem=mmapshared:{to}"]);

        client.Succeeded();
        server.Succeeded();
        string[] there = [.. Hashes(content)];
        Assert.Equal(content, await ReadAsync(from, ServerDepth));
        Assert.All(Hashes(await ReadAsync(to, ClientDepth)), hash => Assert.Contains(hash, there));
    }

    private static IEnumerable<string> Hashes(byte[] content) =>
        content.Chunk(Block).Select(block => Convert.ToHexString(SHA256.HashData(block)));

    // fio maps one block more than it uses.
    private async Task<string> FileAsync(string name, byte[] content)
    {
        string path = Path.Combine(machine.Volume, name);
        await File.WriteAllBytesAsync(path, [.. content, .. new byte[Block]], TestContext.Current.CancellationToken);
        return path;
    }

    private static async Task<byte[]> ReadAsync(string path, int blocks) =>
        (await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))[..(blocks * Block)];

    // A client whose receiver was not ready hangs, and its server with it: fio waits for a completion that cannot come any more.
    private async Task<(ProgramResult Server, ProgramResult Client)> RunAsync(string verb, string[] server, string[] client)
    {
        Machine.Require("fio", "fio");
        for (int attempt = 1; ; attempt++)
        {
            int port = TcpPort.Unused();
            string[] both = ["--ioengine=rdma", $"--port={port}", $"--bs={Block}", $"--size={Block * Blocks}"];
            using RunningProgram serving = machine.Start("fio", ["--name=server", "--rw=read", .. both, .. server]);
            await RdmaPort.WaitUntilListeningAsync(machine, port, serving, Patience);
            using RunningProgram asking = machine.Start(
                "fio", ["--name=client", "--rw=write", "--filename=127.0.0.1", .. both, $"--verb={verb}", .. client]);
            if (attempt < Attempts && await asking.SaysBeforeItEndsAsync(ReceiverNotReady, Patience))
            {
                continue;
            }

            int asked = await asking.EndAsync(Patience);
            if (asked != 0)
            {
                // Its server waits for it for ever.
                return (new(serving.CommandLine, 1, serving.Text), new(asking.CommandLine, asked, asking.Text));
            }

            int served = await serving.EndAsync(Patience);
            return (new(serving.CommandLine, served, serving.Text), new(asking.CommandLine, asked, asking.Text));
        }
    }
}
