namespace DaxEmu.Daemon.Compare;

/// <summary>What a policy says will happen when a file operation meets a registered range, and what that costs.</summary>
/// <param name="Answer">What the operation is told.</param>
/// <param name="Fate">What becomes of the region.</param>
/// <param name="Cost">Who pays, as a sentence.</param>
internal sealed record Prediction(OperationAnswer Answer, RegionFate Fate, string Cost)
{
    private static readonly Dictionary<string, Prediction> ByPolicy = new(StringComparer.Ordinal)
    {
        ["deny"] = new(
            OperationAnswer.Refused, RegionFate.Untouched,
            "The file's user pays: truncate and the like fail with ETXTBSY for as long as somebody has the range registered."),
        ["ignore"] = new(
            OperationAnswer.Pretended, RegionFate.Untouched,
            "Truth pays: programs are told that their file was cut or emptied, and it was not."),
        ["wait"] = new(
            OperationAnswer.TimedOut, RegionFate.Untouched,
            "The file's user pays in time: an operation waits for the holder to let go, and fails with ETIMEDOUT when it does not."),
        ["lease-revoke"] = new(
            OperationAnswer.CarriedOut, RegionFate.Revoked,
            "RDMA programs pay: after the grace period the region is gone, work requests fail, and they must connect and register again."),
        ["lease-kill"] = new(
            OperationAnswer.CarriedOut, RegionFate.HolderKilled,
            "RDMA programs pay with their lives: who does not let go in the grace period is killed and has to be started again."),
        ["odp"] = new(
            OperationAnswer.CarriedOut, RegionFate.FollowsFile,
            "The hardware pays: the NIC must fault pages in like a processor does; only work requests past the file's end fail."),
        ["legacy"] = new(
            OperationAnswer.CarriedOut, RegionFate.KeepsOldPages,
            "The data pays: NIC and file go on with different bytes, no program is told, and what the NIC wrote may miss the disk."),
    };

    /// <summary>Whether file and device may show different bytes.</summary>
    public bool MayDisagree => Fate == RegionFate.KeepsOldPages;

    /// <summary>The prediction of a policy.</summary>
    /// <param name="policy">Its name.</param>
    /// <exception cref="ArgumentException">Nothing is predicted for it.</exception>
    public static Prediction Of(string policy) =>
        ByPolicy.TryGetValue(policy, out Prediction? prediction)
            ? prediction
            : throw new ArgumentException($"nothing is predicted for the policy \"{policy}\"", nameof(policy));
}
