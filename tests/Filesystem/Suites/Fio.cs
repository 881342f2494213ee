using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>fio writes blocks with checksums in any order and reads them back.</summary>
internal sealed class Fio : Suite
{
    private static readonly (string Name, string Arguments)[] Jobs =
    [
        ("read and write", "--ioengine=psync --rw=randwrite --bsrange=512-64k --bs_unaligned"),
        ("read and write past the cache", "--ioengine=libaio --direct=1 --iodepth=8 --rw=randwrite --bs=4k"),
        ("io_uring", "--ioengine=io_uring --iodepth=8 --rw=randwrite --bs=16k"),
        ("mappings", "--ioengine=mmap --rw=randwrite --bs=4k --fsync=64"),
        ("vectors, synced each time", "--ioengine=pvsync2 --rw=write --bs=128k --fdatasync=1"),
    ];

    internal override string Name => "fio";

    internal override string? Package => "fio";

    internal override string What => $"two jobs at a time, verified by CRC: {string.Join(", ", Jobs.Select(j => j.Name))}";

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work)
    {
        List<Outcome> outcomes = [];
        foreach ((string name, string arguments) in Jobs)
        {
            outcomes.Add(await ScriptAsync(
                name,
                $"fio --name=job --directory={directory} --numjobs=2 --size=16m --verify=crc32c --verify_fatal=1 --verify_state_save=0 " +
                $"--fallocate=none --unlink=1 {arguments}",
                directory));
        }

        return outcomes;
    }
}
