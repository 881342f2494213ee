using System.Runtime.InteropServices;

namespace DaxEmu.Client;

/// <summary>A command's response that ends with the driver's own data (<c>driver_data</c> in <c>rdma/ib_user_verbs.h</c>).</summary>
/// <typeparam name="TCore">The response that all drivers give; its size is a multiple of the alignment of the driver's.</typeparam>
/// <typeparam name="TDriver">What the rxe driver adds.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct DriverResponse<TCore, TDriver>
    where TCore : unmanaged
    where TDriver : unmanaged
{
    public TCore Core;
    public TDriver Driver;
}
