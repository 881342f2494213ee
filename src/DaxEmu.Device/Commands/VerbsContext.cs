using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_device_cap_flags_ex;

namespace DaxEmu.Device;

/// <summary>
/// The objects made through one open device file, and the commands on them (struct ib_uverbs_file in the kernel). Used by the session's
/// thread alone.
/// </summary>
internal sealed partial class VerbsContext
{
    private readonly SessionServices _services;
    private readonly EmulatedDevice _device;
    private readonly SessionIdentity _identity;
    private readonly UserQuota _quota;
    private readonly SessionDoorbell _doorbell;
    private readonly Func<bool> _clientIsGone;
    private EventChannel? _asyncChannel;

    /// <summary>Makes an empty context.</summary>
    /// <param name="services">What all sessions share.</param>
    /// <param name="device">The device that was opened.</param>
    /// <param name="identity">Whose it is.</param>
    /// <param name="quota">What that user may have.</param>
    /// <param name="doorbell">The session's.</param>
    /// <param name="clientIsGone">Asked while a command waits.</param>
    public VerbsContext(
        SessionServices services, EmulatedDevice device, SessionIdentity identity, UserQuota quota, SessionDoorbell doorbell,
        Func<bool> clientIsGone)
    {
        _services = services;
        _device = device;
        _identity = identity;
        _quota = quota;
        _doorbell = doorbell;
        _clientIsGone = clientIsGone;
        _channels = new HandleTable<EventChannel>((uint)services.Options.MaxChannelsPerSession);
    }

    /// <summary>The smallest response of ex_query_device: up to response_length.</summary>
    public static int LeastExtendedDevice { get; } = Unsafe.SizeOf<ib_uverbs_query_device_resp>() + (2 * sizeof(uint));

    /// <summary>The device that was opened.</summary>
    public EmulatedDevice Device => _device;

    /// <summary>What there is now; from any thread.</summary>
    public ObjectCounts Counts => new(
        _domains.Count, _regions.Count, _channels.Count, _completionQueues.Count, _queuePairs.Count, Volatile.Read(ref _registeredBytes))
    {
        MemoryWindows = _windows.Count,
        AddressHandles = _addressHandles.Count,
        SharedReceiveQueues = _sharedReceiveQueues.Count,
    };

    private NicDevice Nic => _services.Nic;

    /// <summary>Carries out a command.</summary>
    public NicResult Execute(CommandDefinition definition, ref Command command) =>
        _asyncChannel is null && definition.Number != ib_uverbs_write_cmds.IB_USER_VERBS_CMD_GET_CONTEXT
            ? new NicError(EINVAL, $"{definition.Name} needs get_context first")
            : definition.Handler(this, ref command);

    /// <summary>get_context: the asynchronous event descriptor.</summary>
    public NicResult GetContext(ref Command command)
    {
        if (_asyncChannel is not null)
        {
            return new NicError(EINVAL, "get_context was done already");
        }

        MakeContext();
        _asyncChannelsTaken = 1;
        command.Respond(new ib_uverbs_get_context_resp
        {
            async_fd = daxemu_device.DAXEMU_ASYNC_CHANNELS,
            num_comp_vectors = CompletionVectors,
        });
        command.Reply = _asyncChannels[0].ClientEnd;
        return NicResult.Ok;
    }

    /// <summary>query_device.</summary>
    public NicResult QueryDevice(ref Command command)
    {
        command.Respond(_device.Attributes.Device);
        return NicResult.Ok;
    }

    /// <summary>ex_query_device: beyond query_device only capability flags and on-demand paging are to be told, so the rest is zeros.</summary>
    public NicResult ExtendedQueryDevice(ref Command command)
    {
        ib_uverbs_ex_query_device request = command.Read<ib_uverbs_ex_query_device>();
        if (request.comp_mask != 0 || request.reserved != 0)
        {
            return new NicError(EINVAL, "ex_query_device: comp_mask and reserved must be 0");
        }

        command.Respond(new ib_uverbs_ex_query_device_resp
        {
            @base = _device.Attributes.Device,
            response_length = command.ResponseLength<ib_uverbs_ex_query_device_resp>(),
            odp_caps = DeviceAttributes.OnDemand,
            device_cap_flags_ex = _device.Attributes.Device.device_cap_flags | IB_UVERBS_DEVICE_ATOMIC_WRITE | IB_UVERBS_DEVICE_FLUSH_GLOBAL
                | (_services.Syncer is null ? 0 : IB_UVERBS_DEVICE_FLUSH_PERSISTENT),
        });
        return NicResult.Ok;
    }

    /// <summary>query_port.</summary>
    public NicResult QueryPort(ref Command command)
    {
        byte number = command.Read<ib_uverbs_query_port>().port_num;
        if (_device.Port(number) is not { } port)
        {
            return NoPort("query_port", number);
        }

        command.Respond(_device.Attributes.Port(port));
        return NicResult.Ok;
    }

    /// <summary>The ring that an mmap(2) of the device file asks for: the file, once; the caller closes it.</summary>
    /// <param name="offset">mminfo.offset.</param>
    /// <param name="length">Bytes to be mapped.</param>
    public NicResult<SafeFileHandle> TakeRing(ulong offset, ulong length)
    {
        if (!_rings.TryGetValue(offset, out RingMemory? ring))
        {
            return new NicError(EINVAL, $"mmap: no queue lies at offset 0x{offset:x} of this device file");
        }

        if (length > (ulong)ring.Length)
        {
            return new NicError(EINVAL, $"mmap: the queue at offset 0x{offset:x} has {ring.Length} bytes, not {length}");
        }

        return ring.TakeFile() is { } file ? file : new NicError(EINVAL, $"mmap: the queue at offset 0x{offset:x} was mapped already");
    }

    /// <summary>
    /// Frees all objects, as when the client died: peers get errors, pins are released. The worker must not look at the doorbell any more.
    /// </summary>
    public void Close()
    {
        _isClosing = true;
        foreach (QueuePairObject qp in _queuePairs.Objects)
        {
            qp.Unhook();
        }

        foreach (ulong cookie in _cookies)
        {
            _services.Events.Remove(cookie);
        }

        Nic.ReleaseOwner(_identity.Id);
        _copier?.Dispose();
        foreach (RingMemory ring in _rings.Values)
        {
            _quota.ReturnRingBytes(ring.Length);
            ring.Dispose();
        }

        foreach (EventChannel channel in _channels.Objects)
        {
            channel.Dispose();
        }

        foreach (EventChannel channel in _asyncChannels)
        {
            channel.Dispose();
        }

        _quota.ReturnRegisteredBytes((long)_registeredBytes);
        _services.Locked.Return(_identity.Client.ProcessId, _charges.Values.Sum(charge => charge.LockedBytes));
        int objects = _domains.Count + _charges.Values.Sum(charge => charge.Segments) + _windows.Count + _channels.Count + _completionQueues.Count
            + _queuePairs.Count + _addressHandles.Count + _sharedReceiveQueues.Count;
        for (int i = objects; i > 0; i--)
        {
            _quota.ReturnObject();
        }
    }

    private NicError NoPort(string command, byte number) =>
        new(EINVAL, $"{command}: {_device.Name} has ports 1 to {_device.Ports.Count}, not {number}");

    /// <summary>Tells the client that somebody waits for a region to go; from any thread.</summary>
    public void AskForRegion(uint key)
    {
        ib_uverbs_async_event_desc description = new()
        {
            element = daxemu_device.DAXEMU_EVENT_ELEMENT_RKEY | key,
            event_type = daxemu_device.DAXEMU_EVENT_LEASE_BREAK,
        };

        // Nobody waits to acknowledge these, so they are not counted.
        int uncounted = 0;
        _asyncChannel?.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_async_event_desc>(in description)), ref uncounted);
    }

    private EventChannel NewChannel() =>
        new(_services.Pump, new EventBacklog(_services.Options.MaxEventBacklog, _quota), lost => _services.Log.EventsLost(_identity.Id, lost));
}
