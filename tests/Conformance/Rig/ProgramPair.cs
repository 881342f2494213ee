namespace DaxEmu.Conformance;

/// <summary>A server and its client, both run to their end.</summary>
internal static class ProgramPair
{
    /// <summary>Runs them. When one hangs, both are killed and the test fails.</summary>
    /// <param name="server">Has been started.</param>
    /// <param name="listening">Ends when the server listens.</param>
    /// <param name="client">Starts the client.</param>
    /// <param name="patience">For each.</param>
    public static async Task<(ProgramResult Server, ProgramResult Client)> RunAsync(
        RunningProgram server, Task listening, Func<RunningProgram> client, TimeSpan patience)
    {
        using RunningProgram serving = server;
        await listening;
        using RunningProgram asking = client();
        int asked = await asking.EndAsync(patience);
        int served = await serving.EndAsync(patience);
        return (new(serving.CommandLine, served, serving.Text), new(asking.CommandLine, asked, asking.Text));
    }
}
