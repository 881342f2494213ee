using System.Diagnostics;
using System.Text;
using Xunit;

namespace DaxEmu.Conformance;

/// <summary>A program that runs, with all that it writes.</summary>
internal sealed class RunningProgram : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _text = new();
    private bool _disposed;

    private RunningProgram(string commandLine, Process process)
    {
        CommandLine = commandLine;
        _process = process;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string CommandLine { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables besides those that there are.</param>
    /// <param name="hasInput">It reads an input of its own, which ends with <see cref="EndInput"/>.</param>
    public static RunningProgram Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, bool hasInput = false)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = hasInput,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new RunningProgram(string.Join(' ', start.ArgumentList.Prepend(program)), Process.Start(start)!);
    }

    /// <summary>Ends its input.</summary>
    public void EndInput() => _process.StandardInput.Close();

    /// <summary>Waits for its end; one that hangs is killed, and the test fails with what it wrote.</summary>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{CommandLine} did not end within {patience.TotalSeconds} s. It wrote:\n{Text}");
            throw;
        }
    }

    /// <summary>Waits until it, or a program that it started, has written something; fails when it ends before.</summary>
    /// <param name="text">What.</param>
    /// <param name="patience">How long.</param>
    /// <param name="mayEnd">It may end, and leave the writing to what it started.</param>
    public async Task WaitForTextAsync(string text, TimeSpan patience, bool mayEnd = false)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        while (!Text.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(HasExited && !mayEnd, $"{CommandLine} ended without \"{text}\". It wrote:\n{Text}");
            Assert.True(waiting.Elapsed < patience, $"{CommandLine} does not write \"{text}\". It wrote:\n{Text}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until it has ended or has written something; says whether it has written it.</summary>
    public async Task<bool> SaysBeforeItEndsAsync(string text, TimeSpan patience)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        while (!Text.Contains(text, StringComparison.Ordinal))
        {
            if (HasExited)
            {
                return false;
            }

            Assert.True(waiting.Elapsed < patience, $"{CommandLine} does not end. It wrote:\n{Text}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        return true;
    }

    /// <summary>Kills it if it still runs.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_text)
        {
            _text.AppendLine(line.Data);
        }
    }
}
