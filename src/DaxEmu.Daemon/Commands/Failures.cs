using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Audit;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Commands;

/// <summary>Turns the failures a user can do something about into a sentence and an exit status; others are bugs and keep their trace.</summary>
internal static class Failures
{
    /// <summary>Runs a command.</summary>
    public static async Task<int> ReportAsync(Func<Task<int>> command, TextWriter error)
    {
        try
        {
            return await command();
        }
        catch (ConfigurationException e)
        {
            foreach (string problem in e.Problems)
            {
                await error.WriteLineAsync(problem);
            }

            return ExitStatus.Usage;
        }
        catch (DaemonUnreachableException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitStatus.Unreachable;
        }
        catch (AuditException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitStatus.Usage;
        }
        catch (AdminException e)
        {
            await error.WriteLineAsync(e.Message);
            return ExitStatus.Negative;
        }
    }
}
