using System.Net;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>
/// Bent rdma_cm commands by two programs, while two others connect to each other. DAXEMU_FUZZ_SEED chooses other commands than those that
/// are always tried, DAXEMU_FUZZ_CM_COMMANDS another number.
/// </summary>
public sealed class CmFuzzTests(ITestOutputHelper output)
{
    private const int MaxObjects = 200;
    private const int CommandsBetweenConnections = 500;

    // Not of the addresses that the bent commands name, nor near one.
    private const ushort Unrelated = 0xa55a;

    private static readonly long Commands = FuzzSetting.Of("DAXEMU_FUZZ_CM_COMMANDS", otherwise: 1_000_000);

    // Of each command.
    private static readonly long LeastSuccesses = Commands / 50_000;

    [Fact]
    public void Bent_commands_crash_nothing_leave_nothing_and_disturb_no_connection()
    {
        int seed = (int)FuzzSetting.Of("DAXEMU_FUZZ_SEED", otherwise: 1);
        output.WriteLine($"DAXEMU_FUZZ_SEED={seed}");
        CmRig rig = new();
        CmAddress address = CmAddress.Of(IPAddress.Loopback, Unrelated);
        CmProgram server = rig.NewProgram(), client = rig.NewProgram();
        uint listener = server.Listen(address);
        (uint standing, uint accepted) = Connect(server, client, address);
        List<CmEventQueue> queues = [];
        FuzzedManagerFile[] files = [.. Enumerable.Range(0, 2).Select(i => new FuzzedManagerFile(seed + i, (uint)i + 1, rig, MaxObjects, queues)
        {
            Strangers = [listener, standing, accepted],
        })];

        for (long i = 0; i < Commands; i++)
        {
            files[i % files.Length].Next();
            if (i % CommandsBetweenConnections == 0)
            {
                (uint asking, uint asked) = Connect(server, client, address);
                Disconnect(server, client, asking, asked);
                client.Destroy(asking);
                server.Destroy(asked);
            }

            if (i % 10_000 == 0)
            {
                // Who was asked, and does not answer, is waited for only so long.
                rig.Time.Pass(TimeSpan.FromSeconds(5));
            }
        }

        Disconnect(server, client, standing, accepted);
        Array.ForEach(files, f => f.Dispose());
        Assert.All(files, f => FuzzSetting.CheckThatNothingIsLeft(f.Quota, MaxObjects));
        Assert.Equal(3, rig.Manager.IdCount);
        Assert.Equal(Unrelated, Assert.Single(rig.Manager.Listeners).Port);
        FuzzSetting.CheckThatAllSucceed(
            output, files.SelectMany(f => f.Succeeded).GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Sum(s => s.Value)),
            CmCommandShape.All.Select(s => s.Definition.Name), LeastSuccesses, nameof(FuzzedManagerFile));
    }

    // What is not hurt: connections are made and ended, event by event.
    private static (uint Asking, uint Asked) Connect(CmProgram server, CmProgram client, CmAddress address)
    {
        uint asking = client.Connect(address, CmProgram.Parameters(0x33, 1, 2, 3));
        uint asked = server.Accept();
        client.Take(CmEventType.ConnectResponse);
        client.Establish(asking);
        server.Take(CmEventType.Established);
        return (asking, asked);
    }

    private static void Disconnect(CmProgram server, CmProgram client, uint asking, uint asked)
    {
        client.Disconnect(asking);
        server.Take(CmEventType.Disconnected);
        server.Disconnect(asked);
        client.Take(CmEventType.Disconnected);
        client.ExpectNothing();
        server.ExpectNothing();
    }
}
