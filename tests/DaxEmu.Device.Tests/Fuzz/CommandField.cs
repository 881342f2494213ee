namespace DaxEmu.Device.Tests;

/// <summary>A field of a command's struct, those of nested structs too.</summary>
/// <param name="Name">As in the header, without what it is nested in.</param>
/// <param name="Offset">Bytes from the start of the outermost struct.</param>
/// <param name="Length">Bytes; an array is one field.</param>
internal readonly record struct CommandField(string Name, int Offset, int Length)
{
    private const string Suffix = "_handle";

    /// <summary>What a handle is one of, such as "cq" for recv_cq_handle; null for all other fields.</summary>
    public string? Kind { get; } = KindOf(Name);

    private static string? KindOf(string name)
    {
        // The kernel names the event channel's descriptor so.
        if (name is "fd" or "comp_channel")
        {
            return "channel";
        }

        return name.EndsWith(Suffix, StringComparison.Ordinal) && name != "user_handle"
            ? name[..^Suffix.Length].Split('_')[^1]
            : null;
    }
}
