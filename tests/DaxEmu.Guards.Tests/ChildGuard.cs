using System.Diagnostics;
using System.Runtime.CompilerServices;
using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Guards.Tests;

/// <summary>This executable started again, to be a guard that can be killed.</summary>
internal static class ChildGuard
{
    private const string Variable = "DAXEMU_TEST_CHILD_GUARD";

    /// <summary>Starts it and waits until it serves.</summary>
    internal static Process Start(string backing, string mount)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.Environment[Variable] = $"{backing}:{mount}";
        Process child = Process.Start(start)!;
        string? line = child.StandardOutput.ReadLine();
        return line == "serving" ? child : throw new InvalidOperationException($"the child said: {line}");
    }

    [ModuleInitializer]
    internal static void ServeIfChild()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split(':') is not [string backing, string mount])
        {
            return;
        }

        using FuseVolume volume = FuseVolume.Open(backing, mount);
        FileContract contract = new(
            new VolumePolicySource(volume, new("Volume", null), new("Default", null)), new BoundedJournal(), TimeProvider.System, new PinHolderRelay());
        using (FuseGuard.Mount(volume, contract, new RecordedEvents(), new FuseGuardOptions()))
        {
            Console.WriteLine("serving");
            Console.ReadLine();
        }

        Environment.Exit(0);
    }
}
