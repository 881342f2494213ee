using System.Diagnostics;

namespace DaxEmu.Client.Tests.Samples;

/// <summary>A sample that runs as a process of its own.</summary>
internal sealed class SampleProcess : IDisposable
{
    private readonly Process _process;

    public SampleProcess(string sample, string socketPath, params string[] arguments)
    {
        // Built by the project references, next to the tests: artifacts/bin/PROJECT/CONFIGURATION.
        DirectoryInfo tests = new(AppContext.BaseDirectory.TrimEnd('/'));
        ProcessStartInfo start = new(Path.Combine(tests.Parent!.Parent!.FullName, sample, tests.Name, sample), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DAXEMU_SOCKET"] = socketPath;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{sample} did not start");
    }

    /// <summary>Reads the first line, which tells the port.</summary>
    public async Task<string> PortAsync(CancellationToken stop)
    {
        string? line = await _process.StandardOutput.ReadLineAsync(stop);
        return line?.Split(' ')[^1] ?? throw new InvalidOperationException(await _process.StandardError.ReadToEndAsync(stop));
    }

    public async Task<(int Status, string Output, string Errors)> EndAsync(CancellationToken stop)
    {
        Task<string> output = _process.StandardOutput.ReadToEndAsync(stop);
        Task<string> errors = _process.StandardError.ReadToEndAsync(stop);
        await _process.WaitForExitAsync(stop);
        return (_process.ExitCode, await output, await errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        // A process leaves the pipes that were read from to the garbage collector, and other tests count descriptors.
        _process.StandardOutput.Dispose();
        _process.StandardError.Dispose();
        _process.Dispose();
    }
}
