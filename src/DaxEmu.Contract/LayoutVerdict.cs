namespace DaxEmu.Contract;

/// <summary>What the guard must do with a layout operation.</summary>
public enum LayoutVerdict
{
    /// <summary>Carry it out, then dispose the decision.</summary>
    Proceed,

    /// <summary>Fail it with the decision's errno.</summary>
    Refuse,

    /// <summary>Report success without carrying it out.</summary>
    Pretend,
}
