using System.Text;
using DaxEmu.Contract;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Turns the configuration into <see cref="DaxEmuOptions"/>, or into the full list of what is wrong with it.</summary>
internal static class OptionsReader
{
    /// <summary>Reads and checks every setting.</summary>
    /// <exception cref="ConfigurationException">At least one is wrong; all are listed.</exception>
    public static DaxEmuOptions Read(ConfigurationSources sources)
    {
        SettingReader reader = new(sources);
        AdmissionRules admission = AdmissionReader.Read(reader, "Admission", AdmissionRules.Default);
        DaxEmuOptions options = new(
            ReadSockets(reader, RuntimeDirectoryDefault.ForServing()),
            ReadDevice(reader),
            VolumesReader.Read(reader, admission),
            ReadContract(reader, admission),
            new EngineOptions(
                reader.WholeNumber("Engine:Workers", otherwise: 1, smallest: 1, largest: 64),
                reader.WholeNumber("Engine:SpinMicroseconds", otherwise: 50, smallest: 0, largest: 1_000_000)),
            ReadJournal(reader));
        reader.RejectUnknownKeys();
        return reader.Problems.Count == 0 ? options : throw new ConfigurationException(reader.Problems);
    }

    /// <summary>Reads only where the daemon is to be asked: what a command that talks to it needs, whatever else the configuration says.</summary>
    /// <exception cref="ConfigurationException">The runtime directory cannot be one.</exception>
    public static SocketsOptions ReadSockets(ConfigurationSources sources)
    {
        SettingReader reader = new(sources);
        SocketsOptions sockets = ReadSockets(reader, RuntimeDirectoryDefault.ForAsking());
        return reader.Problems.Count == 0 ? sockets : throw new ConfigurationException(reader.Problems);
    }

    private static SocketsOptions ReadSockets(SettingReader reader, string otherwise)
    {
        const string key = "Sockets:Directory";
        string directory = reader.Text(key, otherwise);
        if (directory.Length > 0 && !Path.IsPathFullyQualified(directory))
        {
            reader.Reject(key, "is not an absolute path");
        }
        else if (Encoding.UTF8.GetByteCount(directory) > SocketsOptions.LongestDirectory)
        {
            reader.Reject(key, $"is longer than the {SocketsOptions.LongestDirectory} bytes that a Unix socket's path leaves for it");
        }

        return new SocketsOptions(directory);
    }

    private static ContractOptions ReadContract(SettingReader reader, AdmissionRules admission) => new(
        reader.Choice<Policy>("Contract:Policy"),
        reader.Place("Contract:Policy"),
        admission,
        new ContractLimits(
            TimeSpan.FromMilliseconds(reader.WholeNumber(
                "Contract:LeaseBreakMilliseconds",
                otherwise: (int)ContractLimits.Default.LeaseBreakTime.TotalMilliseconds, smallest: 0, largest: 24 * 3_600_000)),
            WaitLimit(reader.WholeNumber(
                "Contract:WaitMilliseconds",
                otherwise: (int)ContractLimits.Default.WaitLimit.TotalMilliseconds, smallest: -1, largest: 24 * 3_600_000))));

    private static TimeSpan WaitLimit(int milliseconds) =>
        milliseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(milliseconds);

    private static JournalOptions ReadJournal(SettingReader reader)
    {
        const string key = "Journal:Path";
        string path = reader.Text(key, "");
        if (path.Length > 0 && !Path.IsPathFullyQualified(path))
        {
            reader.Reject(key, "is not an absolute path");
        }
        else if (path.Length > 0 && !Directory.Exists(Path.GetDirectoryName(path)))
        {
            reader.Reject(key, "lies in a directory that does not exist");
        }

        return new JournalOptions(
            reader.WholeNumber("Journal:Capacity", otherwise: 4096, smallest: 16, largest: 1_000_000), path.Length > 0 ? path : null);
    }

    private static DeviceOptions ReadDevice(SettingReader reader) => new(
        DevicesReader.Read(reader),
        reader.WholeNumber("Device:MaxQueuePairs", otherwise: 16384, smallest: 2, largest: 1 << 20),
        reader.WholeNumber("Device:MaxCompletionQueues", otherwise: 16384, smallest: 1, largest: 1 << 20),
        reader.WholeNumber("Device:MaxMemoryRegions", otherwise: 65536, smallest: 1, largest: 1 << 23),
        reader.WholeNumber("Device:MaxSessions", otherwise: 4096, smallest: 1, largest: 1 << 20),
        reader.WholeNumber("Device:MaxRegisteredMebibytesPerUser", otherwise: 1 << 25, smallest: 1, largest: 1 << 25),
        reader.Choice<LockedMemoryRule>("Device:LockedMemory") ?? LockedMemoryRule.Ignore);
}
