using System.Runtime.InteropServices;

namespace DaxEmu.Device.Tests;

/// <summary>Bends a command in one to three places.</summary>
/// <param name="random">Decides.</param>
internal sealed class CommandMutator(Random random)
{
    // The numbers that break things.
    private static readonly uint[] Breakers = [0, 1, 2, 3, 4, 7, 8, 255, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, uint.MaxValue];

    // Headers are checked first, so most bends lie behind them, where they get further.
    private const int ExtendedHeader = 24;

    public byte[] Bend(byte[] command, bool isExtended)
    {
        byte[] bent = command;
        for (int i = random.Next(3); i >= 0; i--)
        {
            bent = BendOnce(bent, isExtended);
        }

        return bent;
    }

    private byte[] BendOnce(byte[] command, bool isExtended)
    {
        int start = random.Next(8) == 0 ? 0 : isExtended ? ExtendedHeader : 8;
        if (start + sizeof(uint) > command.Length)
        {
            return [.. command, (byte)random.Next(256)];
        }

        int word = start + (random.Next((command.Length - start) / sizeof(uint)) * sizeof(uint));
        switch (random.Next(16))
        {
            case 0:
                return command[..random.Next(command.Length + 1)];
            case 1:
                return [.. command, .. new byte[random.Next(1, 64)]];
            case < 5:
                command[random.Next(start, command.Length)] ^= (byte)(1 << random.Next(8));
                return command;
            case < 7:
                command[random.Next(start, command.Length)] = (byte)random.Next(256);
                return command;
            case < 9:
                MemoryMarshal.Write(command.AsSpan(word), (uint)random.NextInt64());
                return command;
            default:
                MemoryMarshal.Write(command.AsSpan(word), Breakers[random.Next(Breakers.Length)]);
                return command;
        }
    }
}
