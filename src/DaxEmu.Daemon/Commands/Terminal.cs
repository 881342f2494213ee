using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace DaxEmu.Daemon.Commands;

/// <summary>Writes for a reader: with colour and rules on a terminal, plain text anywhere else.</summary>
internal sealed class Terminal
{
    private readonly TextWriter _output;
    private readonly IAnsiConsole? _console;

    /// <summary>Writes to a command's output.</summary>
    public Terminal(ParseResult parsed)
    {
        _output = parsed.InvocationConfiguration.Output;
        bool isTerminal = !Console.IsOutputRedirected && ReferenceEquals(_output, Console.Out);
        _console = isTerminal ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_output) }) : null;
    }

    /// <summary>True when a person is looking.</summary>
    public bool IsInteractive => _console is not null;

    /// <summary>Writes an empty line.</summary>
    public void Line() => Line($"");

    /// <summary>Writes a line.</summary>
    /// <param name="markup">Spectre's markup in the literal parts; what is interpolated stands for itself. Tags are dropped where there is no terminal.</param>
    public void Line(FormattableString markup)
    {
        object?[] arguments = [.. markup.GetArguments().Select(a => new Escaped(a))];
        string line = string.Format(CultureInfo.InvariantCulture, markup.Format, arguments);
        if (_console is null)
        {
            _output.WriteLine(Markup.Remove(line));
        }
        else
        {
            _console.MarkupLine(line);
        }
    }

    /// <summary>Writes rows under headings.</summary>
    public void Table(IReadOnlyList<string> headings, IReadOnlyList<string[]> rows)
    {
        rows = [.. rows.Select(row => row.Select(Printable).ToArray())];
        if (_console is null)
        {
            foreach (string[] row in (string[][])[[.. headings.Select(h => h.ToUpperInvariant())], .. rows])
            {
                _output.WriteLine(Aligned(row, headings, rows));
            }

            return;
        }

        Table table = new Table().Border(TableBorder.Rounded);
        foreach (string heading in headings)
        {
            table.AddColumn(new TableColumn(Markup.Escape(heading)));
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        _console.Write(table);
    }

    private static string Aligned(string[] row, IReadOnlyList<string> headings, IReadOnlyList<string[]> rows) =>
        string.Concat(row.Select((cell, i) =>
            i == row.Length - 1 ? cell : cell.PadRight(Math.Max(headings[i].Length, rows.Select(r => r[i].Length).DefaultIfEmpty().Max()) + 2)));

    // Names of files and programs are others' to choose: an escape sequence in one must not reach the terminal.
    private static string Printable(string text) => !text.Any(IsHarmful) ? text : string.Concat(text.Select(c => IsHarmful(c) ? $"\\x{(int)c:x2}" : $"{c}"));

    private static bool IsHarmful(char c) => char.IsControl(c) && c is not ('\n' or '\t');

    // Alignment and format of a hole apply to the value; brackets in the result are then doubled.
    private sealed class Escaped(object? value) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) =>
            Markup.Escape(Printable(value is IFormattable formattable ? formattable.ToString(format, formatProvider) : value?.ToString() ?? ""));
    }
}
