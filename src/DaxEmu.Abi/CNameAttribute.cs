namespace DaxEmu.Abi;

/// <summary>
/// The C spelling where it differs: a type ("union rxe_x", "fd_set"), or a field's path inside it ("wr.rdma.rkey", for members of
/// nested anonymous types). Without it a type is "struct NAME" and a field has its own name.
/// </summary>
/// <param name="name">The C spelling.</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Field)]
public sealed class CNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
