using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Client;

/// <summary>How a work request ended (IBTA 11.6.2): <c>enum ibv_wc_status</c>.</summary>
public enum CompletionStatus
{
    /// <summary>Done (<c>IBV_WC_SUCCESS</c>).</summary>
    Success = (int)IBV_WC_SUCCESS,

    /// <summary>A message longer than the memory it was meant for (<c>IBV_WC_LOC_LEN_ERR</c>).</summary>
    LocalLengthError = (int)IBV_WC_LOC_LEN_ERR,

    /// <summary>An inconsistency in the queue pair itself (<c>IBV_WC_LOC_QP_OP_ERR</c>).</summary>
    LocalQueuePairOperationError = (int)IBV_WC_LOC_QP_OP_ERR,

    /// <summary>The same, of an end-to-end context (<c>IBV_WC_LOC_EEC_OP_ERR</c>).</summary>
    LocalEndToEndContextOperationError = (int)IBV_WC_LOC_EEC_OP_ERR,

    /// <summary>Local memory with a wrong lkey, out of bounds, or without the access needed (<c>IBV_WC_LOC_PROT_ERR</c>).</summary>
    LocalProtectionError = (int)IBV_WC_LOC_PROT_ERR,

    /// <summary>Not done: the queue pair had failed before (<c>IBV_WC_WR_FLUSH_ERR</c>).</summary>
    FlushError = (int)IBV_WC_WR_FLUSH_ERR,

    /// <summary>A memory window could not be bound (<c>IBV_WC_MW_BIND_ERR</c>).</summary>
    MemoryWindowBindError = (int)IBV_WC_MW_BIND_ERR,

    /// <summary>The peer's answer was not one to this request (<c>IBV_WC_BAD_RESP_ERR</c>).</summary>
    BadResponseError = (int)IBV_WC_BAD_RESP_ERR,

    /// <summary>The peer's request went against the memory of this receive (<c>IBV_WC_LOC_ACCESS_ERR</c>).</summary>
    LocalAccessError = (int)IBV_WC_LOC_ACCESS_ERR,

    /// <summary>The peer holds the request for invalid, such as a message too long for its receive (<c>IBV_WC_REM_INV_REQ_ERR</c>).</summary>
    RemoteInvalidRequestError = (int)IBV_WC_REM_INV_REQ_ERR,

    /// <summary>The peer's memory: wrong rkey, out of bounds, revoked, or without the access needed (<c>IBV_WC_REM_ACCESS_ERR</c>).</summary>
    RemoteAccessError = (int)IBV_WC_REM_ACCESS_ERR,

    /// <summary>The peer could not carry out the request (<c>IBV_WC_REM_OP_ERR</c>).</summary>
    RemoteOperationError = (int)IBV_WC_REM_OP_ERR,

    /// <summary>The peer does not answer: not connected back, or gone (<c>IBV_WC_RETRY_EXC_ERR</c>).</summary>
    RetryExceeded = (int)IBV_WC_RETRY_EXC_ERR,

    /// <summary>The peer had no receive posted, for too long (<c>IBV_WC_RNR_RETRY_EXC_ERR</c>).</summary>
    ReceiverNotReadyRetryExceeded = (int)IBV_WC_RNR_RETRY_EXC_ERR,

    /// <summary>A reliable datagram domain mismatch (<c>IBV_WC_LOC_RDD_VIOL_ERR</c>).</summary>
    LocalReliableDatagramDomainViolation = (int)IBV_WC_LOC_RDD_VIOL_ERR,

    /// <summary>An invalid reliable datagram request (<c>IBV_WC_REM_INV_RD_REQ_ERR</c>).</summary>
    RemoteInvalidReliableDatagramRequest = (int)IBV_WC_REM_INV_RD_REQ_ERR,

    /// <summary>The peer gave up the operation (<c>IBV_WC_REM_ABORT_ERR</c>).</summary>
    RemoteAborted = (int)IBV_WC_REM_ABORT_ERR,

    /// <summary>An invalid end-to-end context number (<c>IBV_WC_INV_EECN_ERR</c>).</summary>
    InvalidEndToEndContextNumber = (int)IBV_WC_INV_EECN_ERR,

    /// <summary>An end-to-end context in the wrong state (<c>IBV_WC_INV_EEC_STATE_ERR</c>).</summary>
    InvalidEndToEndContextState = (int)IBV_WC_INV_EEC_STATE_ERR,

    /// <summary>The device failed (<c>IBV_WC_FATAL_ERR</c>).</summary>
    FatalError = (int)IBV_WC_FATAL_ERR,

    /// <summary>The peer's device did not answer in time (<c>IBV_WC_RESP_TIMEOUT_ERR</c>).</summary>
    ResponseTimeout = (int)IBV_WC_RESP_TIMEOUT_ERR,

    /// <summary>Anything else (<c>IBV_WC_GENERAL_ERR</c>).</summary>
    GeneralError = (int)IBV_WC_GENERAL_ERR,
}
