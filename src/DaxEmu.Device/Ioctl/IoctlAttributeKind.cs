namespace DaxEmu.Device;

/// <summary>What an attribute of an ioctl is (enum uverbs_attr_type of the kernel, and who makes the object).</summary>
internal enum IoctlAttributeKind
{
    /// <summary>Bytes from the client: at most 8 lie in the attribute itself.</summary>
    In,

    /// <summary>Room for bytes to the client.</summary>
    Out,

    /// <summary>The handle of an object that is there.</summary>
    Handle,

    /// <summary>Gets the handle, or the descriptor, of an object that is made.</summary>
    New,

    /// <summary>An event channel: the client's descriptor, translated to the channel's id.</summary>
    Channel,
}
