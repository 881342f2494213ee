using System.Globalization;

namespace DaxEmu.Linux.Memory;

/// <summary>How many memory mappings a process may have: vm.max_map_count of proc(5).</summary>
public static class MappingLimit
{
    // The kernel's DEFAULT_MAX_MAP_COUNT, for where /proc is not to be read.
    private const int KernelDefault = 65530;

    // An eighth stays for the process's own: its libraries, heaps, stacks and other mappings.
    private const int ReservedShare = 8;

    /// <summary>The limit.</summary>
    public static int Value
    {
        get
        {
            try
            {
                string text = File.ReadAllText("/proc/sys/vm/max_map_count");
                return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int limit) ? limit : KernelDefault;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return KernelDefault;
            }
        }
    }

    /// <summary>The limit less a reserve for the process's own mappings.</summary>
    public static int Usable => Value - (Value / ReservedShare);
}
