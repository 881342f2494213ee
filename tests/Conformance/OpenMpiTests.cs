using Xunit;

namespace DaxEmu.Conformance;

/// <summary>OpenMPI over UCX: a program that checks every byte that it moves.</summary>
public sealed class OpenMpiTests(Machine machine)
{
    private const int Ranks = 3;

    // Root, more ranks than processors, and one machine without a remote shell are what continuous integration has. UCX says at the level
    // "info" what it uses; OpenMPI by itself takes UCX for the devices of one vendor only.
    private static readonly string[] Mpirun =
    [
        "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "plm", "isolated", "--mca", "pml", "ucx", "--mca", "osc", "ucx",
        "--mca", "pml_ucx_tls", "any", "--mca", "pml_ucx_devices", "any", "-n", $"{Ranks}",
    ];

    [Fact]
    public async Task Messages_reductions_and_windows_carry_the_right_data()
    {
        Machine.Require("mpirun", "openmpi-bin");
        string program = await machine.CompileAsync("mpi_data", "mpicc", "libopenmpi-dev");

        ProgramResult run = await machine.RunAsync(
            "env", ["UCX_TLS=rc_v,self", "UCX_NET_DEVICES=rxe0:1", "UCX_LOG_LEVEL=info", "mpirun", .. Mpirun, program]);

        run.Succeeded();
        Assert.All(Enumerable.Range(0, Ranks), rank => Assert.Contains($"rank {rank} of {Ranks} checked", run.Text, StringComparison.Ordinal));
        Assert.Matches(@"tag\([^)]*rc_verbs/rxe0:1", run.Text);
        Assert.Matches(@"rma\([^)]*rc_verbs/rxe0:1", run.Text);
    }
}
