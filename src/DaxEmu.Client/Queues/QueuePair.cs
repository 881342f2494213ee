using System.Globalization;
using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Client;

/// <summary>
/// A reliable connection, once it is connected: <c>struct ibv_qp</c>. Work requests are posted to its send and receive queue, each
/// safe for several threads, and report their end to completion queues.
/// </summary>
public sealed partial class QueuePair : IDisposable
{
    private const uint MaxPacketSequenceNumber = 0xffffff;

    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _sendCompletions;
    private readonly CompletionQueue _receiveCompletions;
    private readonly uint _handle;
    private readonly WorkQueue _send;
    private readonly WorkQueue _receive;
    private readonly GidEntry _source;
    private int _disposing;

    private QueuePair(
        ProtectionDomain domain, CompletionQueue sendCompletions, CompletionQueue receiveCompletions, ulong id, GidEntry source,
        in ib_uverbs_create_qp_resp response, WorkQueue send, WorkQueue receive)
    {
        _domain = domain;
        _sendCompletions = sendCompletions;
        _receiveCompletions = receiveCompletions;
        _handle = response.qp_handle;
        _send = send;
        _receive = receive;
        _source = source;
        Id = id;
        Number = response.qpn;
        MaxInlineData = (int)response.max_inline_data;
        Address = new QueuePairAddress(Number, (uint)Random.Shared.Next((int)MaxPacketSequenceNumber + 1), source.Gid);
    }

    /// <summary>Its number, 24 bits.</summary>
    public uint Number { get; }

    /// <summary>What a peer must know to connect to it.</summary>
    public QueuePairAddress Address { get; }

    /// <summary>Bytes of inline data that a send request may have: at least what was asked for.</summary>
    public int MaxInlineData { get; }

    /// <summary>Send requests that it holds at once: at least what was asked for.</summary>
    public int MaxSendRequests => _send.Capacity;

    /// <summary>Receives that it holds at once: at least what was asked for.</summary>
    public int MaxReceiveRequests => _receive.Capacity;

    /// <summary>What events name it by.</summary>
    internal ulong Id { get; }

    private RdmaDevice Device => _domain.Device;

    internal static QueuePair Create(
        ProtectionDomain domain, CompletionQueue sendCompletions, CompletionQueue receiveCompletions, QueuePairOptions options)
    {
        RdmaDevice device = domain.Device;
        ulong id = device.NextId();
        string what = $"create_qp({options})";
        GidEntry source = SourceOf(device, options, what);
        ib_uverbs_create_qp command = new()
        {
            user_handle = id,
            pd_handle = domain.Handle,
            send_cq_handle = sendCompletions.Handle,
            recv_cq_handle = receiveCompletions.Handle,
            max_send_wr = Checked(options.MaxSendRequests),
            max_recv_wr = Checked(options.MaxReceiveRequests),
            max_send_sge = Checked(options.MaxSendScatterGather),
            max_recv_sge = Checked(options.MaxReceiveScatterGather),
            max_inline_data = Checked(options.MaxInlineData),
            sq_sig_all = options.SignalAll ? (byte)1 : (byte)0,
            qp_type = (byte)IBV_QPT_RC,
        };
        DriverResponse<ib_uverbs_create_qp_resp, rxe_create_qp_resp> response =
            device.Commands.Write<ib_uverbs_create_qp, DriverResponse<ib_uverbs_create_qp_resp, rxe_create_qp_resp>>(what, IB_USER_VERBS_CMD_CREATE_QP, command);
        WorkQueue? send = null;
        WorkQueue? receive = null;
        try
        {
            ib_uverbs_create_qp_resp core = response.Core;
            send = WorkQueue.ForSend(device.Commands.Map(response.Driver.sq_mi), (int)core.max_send_sge, (int)core.max_inline_data);
            receive = WorkQueue.ForReceive(device.Commands.Map(response.Driver.rq_mi), (int)core.max_recv_sge);
            QueuePair queuePair = new(domain, sendCompletions, receiveCompletions, id, source, core, send, receive);
            device.Remember(queuePair);
            sendCompletions.Owned.Add(queuePair);
            receiveCompletions.Owned.Add(queuePair);
            return domain.Owned.Add(queuePair);
        }
        catch (Exception failure) when (failure is not ObjectDisposedException)
        {
            send?.Dispose();
            receive?.Dispose();
            Destroy(device, response.Core.qp_handle);
            throw;
        }
    }

    /// <summary>
    /// Destroys it (<c>ibv_destroy_qp</c>). Work requests that have not ended never will; those that are awaited fail with an
    /// <see cref="ObjectDisposedException"/>. When it returns, no local memory is touched on their account any more.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposing, 1) != 0)
        {
            return;
        }

        // First nobody posts any more, and then nobody works on what was posted.
        _send.Dispose();
        _receive.Dispose();
        try
        {
            Destroy(Device, _handle);
        }
        finally
        {
            Retire(_sendCompletions);
            Retire(_receiveCompletions);
            _domain.Owned.Remove(this);
            Device.Forget(this);
        }
    }

    private void Retire(CompletionQueue completions)
    {
        // What completed before it was destroyed still counts.
        completions.PassOn();
        completions.Awaited.Fail(this, new ObjectDisposedException(GetType().FullName));
        completions.Owned.Remove(this);
    }

    private static void Destroy(RdmaDevice device, uint handle) =>
        device.Destroy<ib_uverbs_destroy_qp, ib_uverbs_destroy_qp_resp>(
            "destroy_qp", IB_USER_VERBS_CMD_DESTROY_QP, new ib_uverbs_destroy_qp { qp_handle = handle });

    private static GidEntry SourceOf(RdmaDevice device, QueuePairOptions options, string what)
    {
        IEnumerable<GidEntry> suitable = options.GidIndex is { } index
            ? device.Gids.Where(e => e.Index == index)
            : device.Gids.OrderByDescending(e => e.Type == GidType.RoceV2).ThenByDescending(e => e.Gid.IsIPv4);
        foreach (GidEntry entry in suitable)
        {
            return entry;
        }

        string wanted = options.GidIndex?.ToString(CultureInfo.InvariantCulture) ?? "any index";
        throw new RdmaException(what, errno.EINVAL, $"the port has no GID at {wanted}");
    }

    private static uint Checked(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value, "options");
        return (uint)value;
    }
}
