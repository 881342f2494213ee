namespace DaxEmu.Abi;

/// <summary>lseek(2).</summary>
[CHeader("unistd.h")]
public static class unistd
{
    public const int SEEK_END = 2;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;
}
