using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>Paths that are no file, lead nowhere, or vanish while they are looked at.</summary>
public sealed class AuditPathTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public async Task A_FIFO_is_not_waited_for()
    {
        string fifo = Path.Combine(_directory.Path, "fifo");
        await Process.Start("mkfifo", [fifo]).WaitForExitAsync(TestContext.Current.CancellationToken);

        await AssertRefusedAsync(fifo, $"\"{fifo}\" is a FIFO: only a file can be pinned. Name a file or a directory.\n");
    }

    [Theory]
    [InlineData("", "\"\" is no path: name a file or a directory.\n")]
    [InlineData("/dev/null", "\"/dev/null\" is a character device: only a file can be pinned. Name a file or a directory.\n")]
    [InlineData("/no/such/file", "\"/no/such/file\" does not exist.\n")]
    [InlineData("/dev/null/file", "\"/dev/null/file\" does not exist.\n")]
    public Task What_is_no_file_is_refused(string path, string expected) => AssertRefusedAsync(path, expected);

    [Fact]
    public async Task A_symbolic_link_that_leads_nowhere_or_in_a_circle_is_told_as_such()
    {
        string dangling = Path.Combine(_directory.Path, "dangling");
        string circle = Path.Combine(_directory.Path, "circle");
        File.CreateSymbolicLink(dangling, "/no/such/file");
        File.CreateSymbolicLink(circle, circle);

        await AssertRefusedAsync(dangling, $"\"{dangling}\" is a symbolic link to \"/no/such/file\", which does not exist.\n");
        await AssertRefusedAsync(circle, $"\"{circle}\" is a symbolic link that leads in a circle (ELOOP).\n");
    }

    [Fact]
    public async Task A_name_with_markup_in_it_is_shown_as_it_is()
    {
        string file = _directory.Write("a [red]b\\040", new string('x', 8192));

        (int status, string output, string error) = await CommandLine.RunAsync("audit", file);

        Assert.Equal(("", true), (error, status is 0 or 1));
        Assert.StartsWith(file + "\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_escape_sequence_in_a_name_does_not_reach_the_terminal()
    {
        string file = _directory.Write("a\u001b[31mred", new string('x', 8192));

        (_, string output, _) = await CommandLine.RunAsync("audit", file);

        Assert.StartsWith(Path.Combine(_directory.Path, "a\\x1b[31mred\n"), output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public async Task A_file_that_comes_and_goes_and_shrinks_meanwhile_gets_an_answer_or_a_sentence()
    {
        // On tmpfs, where a page that was cut off is a SIGBUS for who touches it.
        string file = $"/dev/shm/daxemu-audit-{Environment.ProcessId}";
        using CancellationTokenSource enough = new();
        Task churn = Task.Run(
            () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    using (FileStream stream = new(file, FileMode.Create))
                    {
                        stream.Write(new byte[65536]);
                        stream.SetLength(0);
                        stream.SetLength(65536);
                    }

                    File.Delete(file);
                }
            },
            TestContext.Current.CancellationToken);
        HashSet<int> seen = [];
        for (int i = 0; i < 60; i++)
        {
            (int status, string output, string error) = await CommandLine.RunAsync("audit", "--json", file);
            seen.Add(status);
            Assert.Equal(status == 2, output.Length == 0);
            Assert.Equal(status == 2, error.Length > 0);
            if (status != 2)
            {
                JsonDocument.Parse(output).Dispose();
            }
        }

        await enough.CancelAsync();
        await churn;
        Assert.All(seen, status => Assert.InRange(status, 0, 2));
    }

    public void Dispose() => _directory.Dispose();

    private static async Task AssertRefusedAsync(string path, string expected)
    {
        (int status, string output, string error) = await CommandLine.RunAsync("audit", path);

        Assert.Equal((2, "", expected), (status, output, error));
    }
}
