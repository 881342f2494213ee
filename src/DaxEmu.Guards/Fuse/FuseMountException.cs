namespace DaxEmu.Guards.Fuse;

/// <summary>fusermount3(1), with which ordinary users mount, is missing or refused; the message has its reason.</summary>
public sealed class FuseMountException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What failed and why, as a sentence.</param>
    public FuseMountException(string message)
        : base(message)
    {
    }
}
