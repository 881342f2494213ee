using System.CommandLine;
using System.Text.Json;
using DaxEmu.Contract;
using DaxEmu.Daemon.Compare;

namespace DaxEmu.Daemon.Commands;

/// <summary><c>daxemu compare</c>: the policies, by experiment.</summary>
internal static class CompareCommand
{
    private const double DefaultSeconds = 120;
    private const double MostSeconds = 86_400;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        Option<double> seconds = new("--seconds")
        {
            Description = "How long all policies together take; each gets one round at least.",
            DefaultValueFactory = _ => DefaultSeconds,
            HelpName = "N",
        };
        seconds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= MostSeconds))
            {
                result.AddError($"--seconds takes a number above 0, and at most {MostSeconds:0}.");
            }
        });
        Option<ulong> seed = new("--seed")
        {
            Description = "What all operations follow from: the same seed, the same operations of each program.",
            DefaultValueFactory = _ => 1,
            HelpName = "N",
        };
        Option<string?> policies = new("--policies")
        {
            Description = $"Some of {string.Join(',', PolicyName.All)}, with commas between. Default: all.",
            HelpName = "LIST",
        };
        Option<string> output = new("--output")
        {
            Description = "Directory for report.html and report.json; it is made where there is none.",
            DefaultValueFactory = _ => "daxemu-compare",
            HelpName = "DIR",
        };
        Option<bool> json = JsonOption.Create();
        Command command = new("compare", "Runs the same workload under each policy and shows what each one costs. Leaves nothing behind but its report.")
        {
            seconds, seed, policies, output, json,
        };
        command.SetAction(async parsed =>
        {
            TextWriter error = parsed.InvocationConfiguration.Error;
            if (Chosen(parsed.GetValue(policies), out string problem) is not { } chosen)
            {
                await error.WriteLineAsync(problem);
                return ExitStatus.Usage;
            }

            string directory = Path.GetFullPath(parsed.GetRequiredValue(output));
            using Interruption interruption = new();
            Terminal terminal = new(parsed);
            bool asJson = parsed.GetValue(json);
            try
            {
                // Not after two minutes, to find then that nothing can be written there.
                Directory.CreateDirectory(directory);
                CompareReport report = await Experiment.RunAsync(
                    new ExperimentOptions(Environment.ProcessPath!, chosen, parsed.GetValue(seconds), parsed.GetValue(seed)),
                    policy =>
                    {
                        if (!asJson)
                        {
                            terminal.Line($"{policy} ...");
                        }
                    },
                    interruption.Token);
                await File.WriteAllTextAsync(Path.Combine(directory, "report.html"), HtmlReport.Of(report), interruption.Token);
                await File.WriteAllTextAsync(
                    Path.Combine(directory, "report.json"),
                    JsonSerializer.Serialize(report, CompareJson.Default.CompareReport),
                    interruption.Token);
                if (asJson)
                {
                    JsonOption.Write(parsed, report, CompareJson.Default.CompareReport);
                }
                else
                {
                    CompareTable.Show(report, terminal);
                    terminal.Line($"Charts: {Path.Combine(directory, "report.html")}");
                }

                return report.AsPredicted ? ExitStatus.Ok : ExitStatus.Negative;
            }
            catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
            {
                await error.WriteLineAsync("Interrupted: nothing is left behind.");
                return ExitStatus.Negative;
            }
            catch (Exception e) when (e is ExperimentException or ActorEndedException or IOException or UnauthorizedAccessException)
            {
                await error.WriteLineAsync($"The experiment failed: {e.Message}");
                return ExitStatus.Negative;
            }
        });
        return command;
    }

    private static IReadOnlyList<string>? Chosen(string? list, out string problem)
    {
        problem = "";
        if (list is null)
        {
            return PolicyName.All;
        }

        List<string> chosen = [];
        foreach (string name in list.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!PolicyName.TryParse(name, out Policy policy))
            {
                problem = $"\"{name}\" names no policy: --policies takes some of {string.Join(',', PolicyName.All)}.";
                return null;
            }

            chosen.Add(PolicyName.Of(policy));
        }

        return [.. chosen.Distinct()];
    }
}
