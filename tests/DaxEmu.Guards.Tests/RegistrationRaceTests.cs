using DaxEmu.Contract;
using DaxEmu.Guards.Tests.Fanotify;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>
/// Registration races with truncates of a real file. A run counts only if the checker is known to fire and if the sides did meet.
/// </summary>
public sealed class RegistrationRaceTests
{
    private const int Rounds = 500;

    // Bounds a run in which the checker never fires, or one side always wins; otherwise it is over in a fraction of one.
    private const int PatientRounds = 100 * Rounds;

    [Theory]
    [InlineData(SplitGuardContract.Split.Operation, false)]
    [InlineData(SplitGuardContract.Split.Pin, false)]
    [InlineData(SplitGuardContract.Split.Operation, true)]
    [InlineData(SplitGuardContract.Split.Pin, true)]
    internal void The_checker_fires_when_check_and_operation_are_two_steps(SplitGuardContract.Split split, bool isInPlace)
    {
        using Rig rig = new(split, isInPlace);

        rig.Race.Run(PatientRounds, race => race.Violations > 0);

        Assert.True(rig.Race.Violations > 0, "inconclusive: the checker did not see what it is there to see");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Either_the_pin_or_the_truncate_has_its_way_and_never_both(bool isInPlace)
    {
        using Rig rig = new(SplitGuardContract.Split.None, isInPlace);

        rig.Race.Run(
            PatientRounds, race => race.Violations > 0 || (race.Pinned + race.Cut >= Rounds && Math.Min(race.Pinned, race.Cut) >= Rounds / 10));

        Assert.Equal((0, 0), (rig.Race.Violations, rig.Race.Stalemates));
        Assert.True(
            Math.Min(rig.Race.Pinned, rig.Race.Cut) >= Rounds / 10, $"inconclusive: {rig.Race.Pinned} pins won, {rig.Race.Cut} truncates");
    }

    private sealed class Rig : IDisposable
    {
        private readonly IDisposable _volume;

        internal Rig(SplitGuardContract.Split split, bool isInPlace)
        {
            FileContract real = new(new Denying(), new BoundedJournal(), TimeProvider.System, new PinHolderRelay());
            SplitGuardContract contract = new(real, split);
            if (isInPlace)
            {
                GuardedDirectory directory = new(contract: contract);
                string file = directory.WriteFile("data", RegistrationRace.Pages);
                Race = new(file, file, directory.Announce(file), contract);
                _volume = directory;
            }
            else
            {
                MountedVolume volume = new(contract: contract);
                string file = volume.WriteBackingFile("data", RegistrationRace.Pages);
                Race = new(file, volume.Under("data"), volume.IdentityOf(file), contract);
                _volume = volume;
            }
        }

        internal RegistrationRace Race { get; }

        public void Dispose() => _volume.Dispose();
    }

    private sealed class Denying : IPolicySource
    {
        public PolicySetting Resolve(FileIdentity file, string path) => new(Policy.Deny, PolicyScope.Configuration, "Policy");
    }
}
