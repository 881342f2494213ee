namespace DaxEmu.Daemon.Commands;

/// <summary>What <c>daxemu</c> returns to the shell; the help of every command lists them.</summary>
internal static class ExitStatus
{
    /// <summary>Done, or the answer is yes.</summary>
    public const int Ok = 0;

    /// <summary>The answer is no: nothing known of the file, something needed is missing, a file's pin is refused or threatened, a step of the demo was not observed.</summary>
    public const int Negative = 1;

    /// <summary>The command line or the configuration is wrong, or a path that it names cannot be looked at.</summary>
    public const int Usage = 2;

    /// <summary>No daemon answers on the runtime directory.</summary>
    public const int Unreachable = 3;
}
