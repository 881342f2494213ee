using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>
/// Detects a completion that is lost, doubled, out of order or in error: work requests of a queue pair have the ids 1, 2, 3 and so on, all
/// signalled.
/// </summary>
internal sealed class CompletionAudit
{
    private readonly Dictionary<uint, ulong> _last = [];

    public List<string> Findings { get; } = [];

    public void Add(in ib_uverbs_wc completion)
    {
        ulong last = _last.GetValueOrDefault(completion.qp_num);
        if (completion.status != IBV_WC_SUCCESS)
        {
            Findings.Add($"qp {completion.qp_num:x}: {completion.wr_id} failed with status {completion.status}");
        }

        if (completion.wr_id <= last)
        {
            Findings.Add($"qp {completion.qp_num:x}: {completion.wr_id} again, or late, after {last}");
        }
        else if (completion.wr_id != last + 1)
        {
            Findings.Add($"qp {completion.qp_num:x}: {last + 1} to {completion.wr_id - 1} lost before {completion.wr_id}");
        }

        _last[completion.qp_num] = Math.Max(last, completion.wr_id);
    }

    public void Finish(uint qpNumber, ulong posted)
    {
        if (_last.GetValueOrDefault(qpNumber) != posted)
        {
            Findings.Add($"qp {qpNumber:x}: {_last.GetValueOrDefault(qpNumber)} of {posted} completed");
        }
    }
}
