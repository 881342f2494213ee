using static DaxEmu.Abi.ibv_mtu;

namespace DaxEmu.Client;

/// <summary>Size of a path's packets, payload only: <c>enum ibv_mtu</c>.</summary>
public enum Mtu
{
    /// <summary>256 bytes (<c>IBV_MTU_256</c>).</summary>
    Bytes256 = (int)IBV_MTU_256,

    /// <summary>512 bytes (<c>IBV_MTU_512</c>).</summary>
    Bytes512 = (int)IBV_MTU_512,

    /// <summary>1024 bytes (<c>IBV_MTU_1024</c>).</summary>
    Bytes1024 = (int)IBV_MTU_1024,

    /// <summary>2048 bytes (<c>IBV_MTU_2048</c>).</summary>
    Bytes2048 = (int)IBV_MTU_2048,

    /// <summary>4096 bytes (<c>IBV_MTU_4096</c>).</summary>
    Bytes4096 = (int)IBV_MTU_4096,
}
