using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>
/// A run counts only if the checker is known to fire and if pins and operations did meet: an inconclusive run is not a pass.
/// </summary>
public sealed class LitmusTests
{
    private const int Threads = 6;
    private const int Rounds = 20_000;

    // Bounds a run in which the checker never fires; with a working checker it is over in a fraction of one.
    private const int PatientRounds = 100 * Rounds;

    [Theory]
    [InlineData(SplitContract.Side.Pin)]
    [InlineData(SplitContract.Side.Request)]
    internal void The_checker_fires_when_check_and_mark_are_two_steps(SplitContract.Side side)
    {
        Litmus litmus = new(new SplitContract(side));

        litmus.Run(Threads, PatientRounds, run => run.Violations > 0);

        Assert.True(litmus.Violations > 0, "inconclusive: the checker did not see what it is there to see");
    }

    [Fact]
    public void The_checker_is_silent_when_they_are_one()
    {
        Litmus litmus = new(new SplitContract(SplitContract.Side.Neither));

        litmus.Run(Threads, Rounds, _ => false);

        Assert.Equal(0, litmus.Violations);
    }

    [Fact]
    public void Never_are_a_granted_pin_and_a_proceeding_operation_on_its_bytes_alive_together()
    {
        FileContract contract = new(new SettablePolicy(), new BoundedJournal(), TimeProvider.System, new RecordedHolders());
        Litmus litmus = new(contract);

        litmus.Run(Threads, PatientRounds, run => run.Violations > 0 || run.IsConclusive(Threads * Rounds));

        Assert.Equal(0, litmus.Violations);
        Assert.True(litmus.IsConclusive(Threads * Rounds), "inconclusive: pins and operations did not meet often enough");
        Assert.Equal(0, contract.FileCount);
        Assert.Empty(contract.PinsOf());
    }

    [Fact]
    public void The_checker_fires_when_an_operation_proceeds_before_a_revoked_pin_is_out_of_use()
    {
        Litmus litmus = Revoking(out _, isBroken: true);

        litmus.Run(Threads, PatientRounds, run => run.Violations > 0);

        Assert.True(litmus.Violations > 0, "inconclusive: the checker did not see what it is there to see");
    }

    [Fact]
    public void Never_is_a_revoked_pin_used_once_the_operation_proceeds()
    {
        Litmus litmus = Revoking(out LitmusRevocations revocations, isBroken: false);

        litmus.Run(Threads, PatientRounds, run => run.Violations > 0 || revocations.Revoked >= Rounds);

        Assert.Equal(0, litmus.Violations);
        Assert.True(revocations.Revoked >= Rounds, "inconclusive: pins and operations did not meet often enough");
    }

    private static Litmus Revoking(out LitmusRevocations revocations, bool isBroken)
    {
        SettablePolicy policy = new() { Setting = new(Policy.LeaseRevoke, PolicyScope.Configuration, "Policy") };
        revocations = new(isBroken);
        return new(
            new FileContract(
                policy, new BoundedJournal(), TimeProvider.System, revocations, new(TimeSpan.Zero, Timeout.InfiniteTimeSpan)),
            revocations);
    }
}
