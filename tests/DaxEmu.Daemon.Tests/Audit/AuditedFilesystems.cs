using System.Text.Json;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>What <c>daxemu audit</c> said of the files that filesystems.sh makes, each in another state, on real filesystems.</summary>
public sealed class AuditedFilesystems : IAsyncLifetime
{
    private readonly TemporaryDirectory _answers = new();

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(10));
        string scripts = Path.Combine(RepositoryRoot, "tests", "DaxEmu.Daemon.Tests", "Audit");
        ProgramRun run = await ProgramRun.OfAsync(
            "unshare",
            [
                "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                "bash", Path.Combine(scripts, "filesystems.sh"), AppContext.BaseDirectory, _answers.Path, scripts,
            ],
            patience.Token);
        Assert.True(run.Succeeded, $"filesystems.sh ended with {run.ExitStatus}:\n{run.Output}{run.Error}");
    }

    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    internal AuditAnswer Of(string name)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        return new(int.Parse(Read(name + ".status"), null), JsonDocument.Parse(Read(name + ".json")).RootElement);
    }

    public bool Has(string name) => File.Exists(Path.Combine(_answers.Path, name + ".json"));

    public string Read(string name)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        return File.ReadAllText(Path.Combine(_answers.Path, name));
    }

    public ValueTask DisposeAsync()
    {
        _answers.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string FindRepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "DaxEmu.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("DaxEmu.sln not found above " + AppContext.BaseDirectory);
    }
}
