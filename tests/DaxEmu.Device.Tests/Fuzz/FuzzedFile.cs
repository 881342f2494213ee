using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>An open device file that gets commands by write(2).</summary>
/// <param name="number">0 for the first.</param>
/// <param name="run">What they share.</param>
internal sealed class FuzzedFile(int number, FuzzRun run) : FuzzedSession(number, run)
{
    private const int Room = 4096;

    private static readonly CommandShape GetContext = CommandShape.All.Single(s => s.Definition.Number == IB_USER_VERBS_CMD_GET_CONTEXT);

    private readonly byte[] _room = new byte[Room];

    /// <inheritdoc/>
    protected override byte[] Make(bool isBent)
    {
        CommandShape shape = Choose();
        byte[] command = Generator.Make(shape);
        return isBent ? Mutator.Bend(command, shape.IsExtended) : command;
    }

    /// <inheritdoc/>
    protected override byte[] MakeFirst() => Generator.Make(GetContext);

    /// <inheritdoc/>
    protected override NicResult Execute(byte[] bytes, daxemu_segment[] segments, SafeFileHandle[] descriptors)
    {
        _room.AsSpan().Clear();
        NicResult result = CommandParser.Parse(
            bytes, segments, descriptors, _room, out CommandDefinition? definition, out Command command, out _);
        if (!result.IsOk)
        {
            return result;
        }

        result = Context.Execute(definition!, ref command);
        if (result.IsOk)
        {
            CommandShape shape = CommandShape.All.First(s => s.Definition == definition);
            Generator.Learn(shape, bytes, command.Response);
            Count(definition!.Name);
            MapRing(shape, command.ProviderResponse);
        }

        return result;
    }

    // mmap(2) of a ring that was made, with a length that is right or not.
    private void MapRing(CommandShape shape, ReadOnlySpan<byte> provider)
    {
        if (Random.Next(4) == 0 && provider.Length >= 12 && shape.Definition.Name.Contains("create_", StringComparison.Ordinal))
        {
            ulong token = MemoryMarshal.Read<ulong>(provider);
            NicResult<SafeFileHandle> file = Context.TakeRing(token, Random.Next(2) == 0 ? 4096UL : (ulong)Random.NextInt64());
            if (file.IsOk)
            {
                file.Value.Dispose();
            }
        }
    }
}
