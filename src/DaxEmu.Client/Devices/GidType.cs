namespace DaxEmu.Client;

/// <summary>Which protocol a GID table entry speaks: <c>enum ibv_gid_type</c>.</summary>
public enum GidType
{
    /// <summary>InfiniBand, or RoCE version 1 over Ethernet frames (<c>IBV_GID_TYPE_ROCE_V1</c>).</summary>
    RoceV1,

    /// <summary>RoCE version 2 over UDP (<c>IBV_GID_TYPE_ROCE_V2</c>).</summary>
    RoceV2,
}
