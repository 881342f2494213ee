using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>A contract with a file of 64 KiB open for writing, and short ways to ask it things.</summary>
internal sealed class World
{
    internal static readonly FileIdentity File = new(8, 1001);
    internal static readonly FileIdentity OtherFile = new(8, 1002);
    internal static readonly Requester Coreutils = new(4321, 1000, "truncate");

    internal World(ContractLimits? limits = null) => Contract = new FileContract(Policy, Journal, Clock, Holders, limits ?? Limits, Policy);

    internal static ContractLimits Limits { get; } = new(TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(60));

    internal RecordedHolders Holders { get; } = new();

    internal SettablePolicy Policy { get; } = new();

    internal BoundedJournal Journal { get; } = new();

    internal SettableClock Clock { get; } = new();

    internal FileContract Contract { get; }

    internal Policy PolicyInForce
    {
        set => Policy.Setting = new(value, PolicyScope.File, "/vol/data (user.daxemu.policy)");
    }

    internal FileFacts Facts { get; set; } = new(65_536, OpenForWriting: true);

    internal static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static PinRequest Wish(
        ulong start, ulong end, PinAccess access = PinAccess.Read | PinAccess.Write, FileIdentity? file = null, int process = 1234) =>
        new(
            file ?? File,
            "/vol/data",
            new(start, end),
            access,
            PinKind.LongTerm,
            PinMapping.PageCache,
            new(process, 1000, 7, "rdma_server"),
            "rkey 0x1a03");

    internal static LayoutOperation Operation(
        LayoutOperationKind kind, ByteRange range, FileIdentity? file = null) => new(file ?? File, "/vol/data", kind, range, Coreutils);

    internal ValueTask<PinDecision> AskPin(ulong start, ulong end, CancellationToken? cancellation = null) =>
        Contract.PinAsync(Wish(start, end), () => Facts, cancellation ?? Token);

    internal async Task<Pin> Pin(ulong start, ulong end, FileIdentity? file = null) =>
        (await Contract.PinAsync(Wish(start, end, file: file), () => Facts, Token)).Pin!;

    internal ValueTask<LayoutDecision> Truncate(ulong length) => Ask(LayoutOperationKind.Truncate, ByteRange.From(length));

    internal ValueTask<LayoutDecision> Punch(ulong start, ulong end) => Ask(LayoutOperationKind.PunchHole, new(start, end));

    internal ValueTask<LayoutDecision> Ask(LayoutOperationKind kind, ByteRange range, FileIdentity? file = null) =>
        Contract.RequestAsync(Operation(kind, range, file), Token);
}
