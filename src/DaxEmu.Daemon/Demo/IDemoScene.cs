namespace DaxEmu.Daemon.Demo;

/// <summary>A step's play.</summary>
internal interface IDemoScene
{
    /// <summary>What the step shows, as a sentence.</summary>
    string Title { get; }

    /// <summary>Plays it.</summary>
    /// <param name="stage">What earlier steps left.</param>
    /// <param name="step">Takes evidence and expectations.</param>
    /// <param name="cancellation">The user interrupted.</param>
    /// <exception cref="DemoException">It cannot go on.</exception>
    Task PlayAsync(DemoStage stage, DemoStep step, CancellationToken cancellation);
}
