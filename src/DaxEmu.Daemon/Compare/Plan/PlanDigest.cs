using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DaxEmu.Daemon.Compare;

/// <summary>What tells two plans apart.</summary>
internal static class PlanDigest
{
    private const int Steps = 1000;

    /// <summary>SHA-256 of the first thousand steps of each actor.</summary>
    /// <param name="seed">The experiment's seed.</param>
    /// <param name="lanes">How many writers and programs there are.</param>
    public static string Of(ulong seed, int lanes)
    {
        StringBuilder steps = new();
        for (int lane = 0; lane < lanes; lane++)
        {
            WriterPlan writer = new(seed, lane);
            MutatorPlan mutator = new(seed, lane);
            for (int step = 0; step < Steps; step++)
            {
                steps.Append(CultureInfo.InvariantCulture, $"{writer.Next()}{mutator.Next()}\n");
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(steps.ToString())));
    }
}
