using System.Diagnostics;
using System.Text;

namespace DaxEmu.Abi.Tests;

/// <summary>Compiles and runs a C program that prints what the installed headers say of each entry.</summary>
public static class CProgram
{
    /// <summary>What C says, by entry name; an entry newer than the headers is absent.</summary>
    public static Dictionary<string, ulong> Evaluate(IReadOnlyCollection<AbiEntry> entries)
    {
        string directory = Directory.CreateTempSubdirectory("daxemu-abi-").FullName;
        try
        {
            string source = Path.Combine(directory, "abi.c");
            string program = Path.Combine(directory, "abi");
            File.WriteAllText(source, Source(entries));
            Run("cc", "-std=gnu11", "-I", Path.Combine(RepositoryRoot(), "native-shims", "include"), "-o", program, source);
            return Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('\t'))
                .ToDictionary(parts => parts[0], parts => ulong.Parse(parts[1], null));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Source(IReadOnlyCollection<AbiEntry> entries)
    {
        StringBuilder c = new();
        c.AppendLine("#define _GNU_SOURCE 1").AppendLine("#include <stddef.h>").AppendLine("#include <stdio.h>");

        // linux/fs.h and its kin need these first.
        c.AppendLine("#include <sys/types.h>").AppendLine("#include <sys/ioctl.h>").AppendLine("#include <linux/version.h>");
        foreach (string header in entries.Select(e => e.Header).Distinct().Order(StringComparer.Ordinal))
        {
            c.AppendLine($"#if __has_include(<{header}>)\n#include <{header}>\n#else\n#error \"{header} is not installed\"\n#endif");
        }

        c.AppendLine("int main(void)\n{");
        foreach (AbiEntry entry in entries)
        {
            string print = $"printf(\"%s\\t%llu\\n\", \"{entry.Name}\", (unsigned long long)(long long)({entry.Expression}));";
            if (entry.Since is { } since)
            {
                string[] release = since.Split('.');
                c.AppendLine($"#if LINUX_VERSION_CODE >= KERNEL_VERSION({release[0]}, {release[1]}, 0)\n{print}\n#endif");
            }
            else
            {
                c.AppendLine(print);
            }
        }

        return c.AppendLine("return 0;\n}").ToString();
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} exited with {process.ExitCode}:\n{errors.Result}");
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "DaxEmu.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("DaxEmu.sln not found above " + AppContext.BaseDirectory);
    }
}
