namespace DaxEmu.Guards.Fuse;

/// <summary>How far a file is watched for punches through mappings.</summary>
[Flags]
internal enum PunchWatch
{
    /// <summary>Not at all.</summary>
    Off = 0,

    /// <summary>
    /// It is being opened: descriptors opened now will be able to tell, and their opening is told. But for that nothing is told, though each read
    /// and write costs a look at the mark.
    /// </summary>
    Opening = 1,

    /// <summary>Each read, write and punch asks first.</summary>
    Asking = 2,
}
