namespace DaxEmu.Daemon.Compare;

/// <summary>What a process of the experiment is there for.</summary>
internal interface IActor : IDisposable
{
    /// <summary>Carries out a command.</summary>
    /// <param name="words">The command and its arguments.</param>
    Task<ActorReply> RunAsync(string[] words);
}
