using static DaxEmu.Abi.ibv_qp_attr_mask;

namespace DaxEmu.Nic;

public partial record struct QpAttributes
{
    /// <summary>These attributes with those of <paramref name="wish"/> that the mask names; the state is not one of them.</summary>
    internal readonly QpAttributes UpdatedBy(in QpAttributes wish, uint mask)
    {
        QpAttributes now = this;
        if ((mask & IBV_QP_EN_SQD_ASYNC_NOTIFY) != 0)
        {
            now.NotifySendQueueDrained = wish.NotifySendQueueDrained;
        }

        if ((mask & IBV_QP_ACCESS_FLAGS) != 0)
        {
            now.AccessFlags = wish.AccessFlags;
        }

        if ((mask & IBV_QP_PKEY_INDEX) != 0)
        {
            now.PkeyIndex = wish.PkeyIndex;
        }

        if ((mask & IBV_QP_PORT) != 0)
        {
            now.PortNumber = wish.PortNumber;
        }

        if ((mask & IBV_QP_QKEY) != 0)
        {
            now.Qkey = wish.Qkey;
        }

        if ((mask & IBV_QP_AV) != 0)
        {
            now.Path = wish.Path;
        }

        if ((mask & IBV_QP_PATH_MTU) != 0)
        {
            now.PathMtu = wish.PathMtu;
        }

        if ((mask & IBV_QP_TIMEOUT) != 0)
        {
            now.Timeout = wish.Timeout;
        }

        if ((mask & IBV_QP_RETRY_CNT) != 0)
        {
            now.RetryCount = wish.RetryCount;
        }

        if ((mask & IBV_QP_RNR_RETRY) != 0)
        {
            now.RnrRetry = wish.RnrRetry;
        }

        if ((mask & IBV_QP_RQ_PSN) != 0)
        {
            now.ReceivePsn = wish.ReceivePsn & 0xff_ffff;
        }

        if ((mask & IBV_QP_MAX_QP_RD_ATOMIC) != 0)
        {
            now.MaxReadAtomic = wish.MaxReadAtomic;
        }

        if ((mask & IBV_QP_ALT_PATH) != 0)
        {
            now.AlternatePath = wish.AlternatePath;
            now.AlternatePortNumber = wish.AlternatePortNumber;
            now.AlternatePkeyIndex = wish.AlternatePkeyIndex;
            now.AlternateTimeout = wish.AlternateTimeout;
        }

        if ((mask & IBV_QP_MIN_RNR_TIMER) != 0)
        {
            now.MinRnrTimer = wish.MinRnrTimer;
        }

        if ((mask & IBV_QP_SQ_PSN) != 0)
        {
            now.SendPsn = wish.SendPsn & 0xff_ffff;
        }

        if ((mask & IBV_QP_MAX_DEST_RD_ATOMIC) != 0)
        {
            now.MaxDestinationReadAtomic = wish.MaxDestinationReadAtomic;
        }

        if ((mask & IBV_QP_PATH_MIG_STATE) != 0)
        {
            now.PathMigrationState = wish.PathMigrationState;
        }

        if ((mask & IBV_QP_DEST_QPN) != 0)
        {
            now.DestinationQpNumber = wish.DestinationQpNumber;
        }

        return now;
    }
}
