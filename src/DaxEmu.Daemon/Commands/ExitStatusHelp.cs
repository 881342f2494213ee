using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DaxEmu.Daemon.Commands;

/// <summary>The help of every command, followed by what its exit statuses mean.</summary>
/// <param name="help">The library's own help.</param>
internal sealed class ExitStatusHelp(HelpAction help) : SynchronousCommandLineAction
{
    private const string Statuses =
        """
        Exit status:
          0  done, or the answer is yes
          1  the answer is no: file not known, something needed is missing, a pin refused or threatened, a step not observed
          2  the command line, the configuration or a path in it is wrong
          3  no daemon answers

        """;

    /// <summary>Puts it in place of the help of a command and of all below.</summary>
    public static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ExitStatusHelp((HelpAction)option.Action!);
    }

    /// <inheritdoc/>
    /// <remarks>Who asks for help need not give the arguments too.</remarks>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine(Statuses);
        return ExitStatus.Ok;
    }
}
