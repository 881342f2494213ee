using System.Globalization;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>What all tests with bent requests share.</summary>
internal static class FuzzSetting
{
    /// <summary>A number from the environment.</summary>
    public static long Of(string name, long otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>All objects have been given back.</summary>
    public static void CheckThatNothingIsLeft(UserQuota quota, int maxObjects)
    {
        for (int i = 0; i < maxObjects; i++)
        {
            Assert.True(quota.TakeObject().IsOk, $"{maxObjects - i} objects are still counted");
        }
    }

    /// <summary>That most requests got as far as they can is what makes their number count.</summary>
    /// <param name="output">Where the numbers go.</param>
    /// <param name="succeeded">Requests by name.</param>
    /// <param name="names">Of all that are served.</param>
    /// <param name="least">Of each.</param>
    /// <param name="generator">Who knows what their fields mean.</param>
    public static void CheckThatAllSucceed(
        ITestOutputHelper output, Dictionary<string, long> succeeded, IEnumerable<string> names, long least, string generator)
    {
        List<string> tooFew = [];
        foreach (string name in names)
        {
            long count = succeeded.GetValueOrDefault(name);
            output.WriteLine($"{name}: {count} succeeded");
            if (count < least)
            {
                tooFew.Add($"{name} ({count})");
            }
        }

        Assert.True(
            tooFew.Count == 0,
            $"these hardly ever succeeded, so that what lies behind their checks was not tried: {string.Join(", ", tooFew)}. "
                + $"Teach {generator} what their fields mean.");
    }
}
