using System.CommandLine;
using DaxEmu.Daemon.Audit;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu audit PATH</c>: whether a file can be pinned here, and what would break the pin. It needs no daemon.</summary>
internal static class AuditCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<bool> json = JsonOption.Create();
        Argument<string> path = new("PATH") { Description = "A file; or a directory, for its filesystem alone." };
        Command command = new("audit", "Asks the running kernel whether it lets a file be pinned for RDMA, and lists what would break the pin.") { path, json };
        command.SetAction(parsed =>
        {
            AuditReport report = Auditor.Audit(parsed.GetRequiredValue(path));
            if (parsed.GetValue(json))
            {
                JsonOption.Write(parsed, report, AuditJson.Default.AuditReport);
            }
            else
            {
                new AuditText(new Terminal(parsed)).Show(report);
            }

            return report.Verdict == AuditVerdict.Clear ? ExitStatus.Ok : ExitStatus.Negative;
        });
        return command;
    }
}
