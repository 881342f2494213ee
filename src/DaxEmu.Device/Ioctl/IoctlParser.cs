using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_driver_id;
using static DaxEmu.Abi.rdma_user_ioctl_cmds;

namespace DaxEmu.Device;

/// <summary>
/// Checks an ioctl's header and attributes as the kernel does: drivers/infiniband/core/uverbs_ioctl.c. EPROTONOSUPPORT makes libibverbs
/// use write(2), so it says only that this method, or an attribute that the client cannot do without, is not known.
/// </summary>
internal static class IoctlParser
{
    // The kernel's PAGE_SIZE: a header is not longer.
    private const int LongestHeader = 4096;

    private static readonly int HeaderLength = Unsafe.SizeOf<ib_uverbs_ioctl_hdr>();
    private static readonly int AttributeLength = Unsafe.SizeOf<ib_uverbs_attr>();

    /// <summary>Finds the method and checks what it is given.</summary>
    /// <param name="bytes">Header, attributes and data.</param>
    /// <param name="segments">The memory that came with it.</param>
    /// <param name="descriptors">The descriptors behind it.</param>
    public static NicResult<IoctlCall> Parse(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<daxemu_segment> segments, IReadOnlyList<SafeFileHandle> descriptors)
    {
        if (bytes.Length < HeaderLength)
        {
            return new NicError(EINVAL, $"an ioctl has a header of {HeaderLength} bytes; {bytes.Length} came");
        }

        ib_uverbs_ioctl_hdr header = MemoryMarshal.Read<ib_uverbs_ioctl_hdr>(bytes);
        int length = HeaderLength + (header.num_attrs * AttributeLength);
        if (header.length != length || length > LongestHeader || length > bytes.Length)
        {
            return new NicError(
                EINVAL, $"an ioctl with {header.num_attrs} attributes has a header of {length} bytes: it says {header.length}, {bytes.Length} came");
        }

        if (header.reserved1 != 0 || header.reserved2 != 0)
        {
            return new NicError(EPROTONOSUPPORT, "the ioctl uses fields of its header that this device does not know");
        }

        if (header.driver_id != RDMA_DRIVER_RXE)
        {
            return new NicError(EINVAL, $"the ioctl is for driver {header.driver_id}; the device's is {RDMA_DRIVER_RXE}, RDMA_DRIVER_RXE");
        }

        if (IoctlTable.Find(header.object_id, header.method_id) is not { } method)
        {
            return new NicError(EPROTONOSUPPORT, $"method {header.method_id} of object {header.object_id} is not served by this device");
        }

        IoctlCall call = new(method, bytes, segments, descriptors);
        for (int i = 0; i < header.num_attrs; i++)
        {
            if (Take(call, i, MemoryMarshal.Read<ib_uverbs_attr>(bytes[(HeaderLength + (i * AttributeLength))..])) is { } problem)
            {
                return problem;
            }
        }

        return method.Attributes.FirstOrDefault(spec => spec.IsRequired && !call.Has(spec.Id)) is { } missing
            ? new NicError(EINVAL, $"{method.Name}: attribute {missing.Id} is missing")
            : call;
    }

    private static NicError? Take(IoctlCall call, int place, ib_uverbs_attr attribute)
    {
        IoctlMethod method = call.Method;
        if (method.Attributes.FirstOrDefault(spec => spec.Id == attribute.attr_id) is not { } spec)
        {
            return (attribute.flags & UVERBS_ATTR_F_MANDATORY) != 0
                ? new NicError(EPROTONOSUPPORT, $"{method.Name} has no attribute {attribute.attr_id}, which the client cannot do without")
                : null;
        }

        if (Check(call, place, attribute, spec) is { } problem)
        {
            return problem;
        }

        return call.TryAdd(place, attribute, spec) ? null : new NicError(EINVAL, $"{method.Name}: attribute {spec.Id} is there twice");
    }

    private static NicError? Check(IoctlCall call, int place, ib_uverbs_attr attribute, IoctlAttributeSpec spec)
    {
        string name = $"{call.Method.Name}: attribute {spec.Id}";
        if (spec.Kind == IoctlAttributeKind.In)
        {
            if (!call.HoldsData(place, attribute))
            {
                return new NicError(EFAULT, $"{name} has its {attribute.len} bytes at {attribute.data}, outside the message");
            }

            if (spec.MayBeLonger && attribute.len > spec.Known && call.DataOf(place, attribute)[spec.Known..].ContainsAnyExcept((byte)0))
            {
                return new NicError(EOPNOTSUPP, $"{name} uses fields that this device does not know");
            }
        }

        if (attribute.attr_data != 0)
        {
            return new NicError(EINVAL, $"{name} has its reserved field set");
        }

        return attribute.len < spec.Least || (attribute.len > spec.Known && !spec.MayBeLonger)
            ? new NicError(EINVAL, $"{name} has {spec.Least} to {spec.Known} bytes, not {attribute.len}")
            : null;
    }
}
