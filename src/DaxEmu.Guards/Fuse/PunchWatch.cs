namespace DaxEmu.Guards.Fuse;

/// <summary>How far a file is watched for punches through mappings.</summary>
internal enum PunchWatch
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Descriptors opened now will be able to tell, but nothing is told: each read and write costs a look at the mark.</summary>
    Silent,

    /// <summary>Each read, write and punch asks first.</summary>
    Asking,
}
