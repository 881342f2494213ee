using System.Globalization;

namespace DaxEmu.Daemon.Commands;

/// <summary>Points in time as a reader wants them.</summary>
internal static class Moment
{
    /// <summary>In the local time zone, to the second.</summary>
    public static string Local(DateTimeOffset at) => at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
