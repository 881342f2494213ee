using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>What was seen in a cell of the matrix.</summary>
/// <param name="Operation">Its row.</param>
/// <param name="Twin">The operation on a file that nobody has pinned, by the same caller, under the same guard.</param>
/// <param name="Pinned">The operation on a pinned file.</param>
/// <param name="Events">The journal of the pinned file.</param>
internal sealed record CoverageCell(
    CoveredOperation Operation, CoverageAttempt Twin, CoverageAttempt Pinned, IReadOnlyList<ContractEvent> Events)
{
    /// <summary>The guard was asked, named the operation, and refused it.</summary>
    public const string Refused = "refused";

    /// <summary>The guard refused it, and the journal does not say so.</summary>
    public const string Untold = "refused, untold";

    /// <summary>It was carried out, and the journal says so.</summary>
    public const string Breach = "breach";

    /// <summary>It was carried out, and nothing says so.</summary>
    public const string NotCaught = "**not caught**";

    /// <summary>It was carried out, and took no block away.</summary>
    public const string Harmless = "harmless";

    /// <summary>The caller has no such way.</summary>
    public const string NoWay = "no way";

    private const string Unclear = "UNCLEAR: ";

    /// <summary>The verdict, as the document has it.</summary>
    public string Verdict => (Twin.Errno, Pinned.Errno) switch
    {
        (CallerProcess.Cannot, CallerProcess.Cannot) when Events.All(e => e is PinGranted or PinReleased) => NoWay,
        (0, 0) when !Pinned.HasMoved && !IsRefused && !IsBreached => Harmless,
        (0, ETXTBSY) when Twin.HasMoved && !Pinned.HasMoved && IsRefused => RefusedAs,
        (0, ETXTBSY) when Twin.HasMoved && IsLeftAlone => Untold,
        (0, 0) when Twin.HasMoved && Pinned.HasMoved && !IsRefused => IsBreached ? Breach : NotCaught,
        (not 0, ETXTBSY) when !Pinned.HasMoved && IsRefused => $"{RefusedAs}, else `{ErrnoName.Of(Twin.Errno)}`",
        (EPERM or EACCES, var errno) when errno == Twin.Errno && IsUntouched => $"`{ErrnoName.Of(errno)}`: not allowed",
        (not 0, var errno) when errno == Twin.Errno && IsUntouched => $"`{ErrnoName.Of(errno)}`: not there",
        _ => $"{Unclear}{Twin}, {Pinned}, {string.Join(", ", Events.Select(e => e.GetType().Name))}",
    };

    /// <summary>Whether what was seen has none of the meanings that the document explains.</summary>
    public bool IsUnclear => Verdict.StartsWith(Unclear, StringComparison.Ordinal);

    private IReadOnlyList<LayoutOperationKind> RefusedKinds =>
        [.. Events.OfType<LayoutDecided>().Where(e => e.Verdict == LayoutVerdict.Refuse && e.Errno == ETXTBSY).Select(e => e.Operation.Kind)];

    private bool IsRefused => RefusedKinds.Count > 0;

    // A guard that cannot tell operations apart names the worst that it may be.
    private string RefusedAs => RefusedKinds.Contains(Operation.Kind) ? Refused : $"{Refused} as `{KebabCase.Of(RefusedKinds[0])}`";

    private bool IsBreached => Events.OfType<Breach>().Any();

    private bool IsUntouched => IsLeftAlone && !Twin.HasMoved;

    private bool IsLeftAlone => !Pinned.HasMoved && Events.All(e => e is PinGranted or PinReleased);
}
