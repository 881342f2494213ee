using Xunit;

namespace DaxEmu.Abi.Tests;

/// <summary>Every constant, size and offset of DaxEmu.Abi, held against the C headers of this machine.</summary>
public sealed class CHeaderTests
{
    [Fact]
    public void Every_constant_size_and_offset_is_what_the_C_compiler_says()
    {
        AbiEntry[] entries = [.. AbiEntries.All().DistinctBy(e => e.Name)];
        Dictionary<string, ulong> inC = CProgram.Evaluate(entries);

        string[] wrong =
        [
            .. from entry in entries
               where inC.TryGetValue(entry.Name, out ulong value) && !Agree(value, entry.Value)
               select $"{entry.Header}: {entry.Name} is {inC[entry.Name]} in C, {entry.Value} here",
        ];
        string[] missing = [.. entries.Where(e => e.Since is null && !inC.ContainsKey(e.Name)).Select(e => e.Name)];

        Assert.Empty(wrong);
        Assert.Empty(missing);
        Assert.True(inC.Count > 400, $"only {inC.Count} facts were compared");
    }

    [Fact]
    public void A_wrong_offset_would_be_noticed()
    {
        AbiEntry[] entries = [new("daxemu/device.h", "wrong", "offsetof(struct daxemu_reply, result)", 4, null)];

        Assert.NotEqual(entries[0].Value, CProgram.Evaluate(entries)["wrong"]);
    }

    // A 32-bit constant with its top bit set reaches 64 bits sign-extended or not, by its type: both spellings are the same 32 bits.
    private static bool Agree(ulong c, ulong here) =>
        c == here || ((uint)c == (uint)here && (uint)c > int.MaxValue && c >> 32 is 0 or uint.MaxValue && here >> 32 is 0 or uint.MaxValue);
}
