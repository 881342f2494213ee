namespace DaxEmu.Contract;

/// <summary>Whom a watch over guarded files tells what it found. Safe for any number of threads.</summary>
public interface IBreachJudge
{
    /// <summary>True while the pin is held.</summary>
    bool IsHeld(Pin pin);

    /// <summary>
    /// Reports a breach and does with the region what the file's policy says. A region that is taken away is out of use when it returns, so it must
    /// not be called by a thread that the device could be waiting for.
    /// </summary>
    /// <param name="finding">What was found.</param>
    /// <returns>What became of the region.</returns>
    BreachFate ReportBreach(BreachFinding finding);
}
