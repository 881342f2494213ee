namespace DaxEmu.Abi;

// capget(2), capset(2): version 3 has two elements of data, the low and the high 32 capabilities.

[CHeader("linux/capability.h")]
public static class linux_capability
{
    public const uint _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    public const int CAP_DAC_OVERRIDE = 1;
    public const int CAP_IPC_LOCK = 14;
}

[CHeader("linux/capability.h")]
[CName("struct __user_cap_header_struct")]
public struct cap_user_header
{
    public uint version;
    public int pid;
}

[CHeader("linux/capability.h")]
[CName("struct __user_cap_data_struct")]
public struct cap_user_data
{
    public uint effective;
    public uint permitted;
    public uint inheritable;
}
