using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>
/// Round by round, one thread cuts a guarded file while another pins all of it. Exactly one may have its way: a pin that comes first
/// makes the truncate fail, a truncate that comes first leaves too little to pin. Both at once is a pin on what a truncate took away.
/// </summary>
/// <param name="file">The file, as programs see it.</param>
/// <param name="backing">The backing file.</param>
/// <param name="identity">Which it is.</param>
/// <param name="contract">Whom the guard asks.</param>
internal sealed class RegistrationRace(string file, string backing, FileIdentity identity, IFileContract contract)
{
    /// <summary>How long the file must be.</summary>
    internal const int Pages = 4;

    private const long Whole = Pages * Libc.Page;

    // Added by whoever comes too early, so that the two stay close to meeting, whatever else the machine does.
    private int _headStart;
    private int _cut;
    private Pin? _pin;

    /// <summary>Rounds in which both had their way.</summary>
    internal int Violations { get; private set; }

    /// <summary>Rounds in which nobody had.</summary>
    internal int Stalemates { get; private set; }

    /// <summary>Rounds that the pin won.</summary>
    internal int Pinned { get; private set; }

    /// <summary>Rounds that the truncate won.</summary>
    internal int Cut { get; private set; }

    /// <summary>Plays until told to stop, or until so many rounds are over.</summary>
    internal void Run(int rounds, Func<RegistrationRace, bool> stop)
    {
        using OpenedFile guarded = new(file, Libc.O_RDWR);
        using SafeFileHandle facts = File.OpenHandle(backing, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        PinRequest wish = new(
            identity, file, new(0, Whole), PinAccess.Write, PinKind.LongTerm, PinMapping.PageCache, new(1, 0, 1, "test"), "rkey 1");
        bool isOver = false;
        using Barrier start = new(2);
        using Barrier end = new(2, _ => isOver = Settle(guarded.Descriptor) == rounds || stop(this));
        Thread cutter = new(() =>
        {
            while (!isOver)
            {
                start.SignalAndWait();
                Thread.SpinWait(Math.Max(0, -_headStart));
                _cut = Libc.Ftruncate(guarded.Descriptor, Libc.Page);
                end.SignalAndWait();
            }
        });
        cutter.Start();
        while (!isOver)
        {
            start.SignalAndWait();
            Thread.SpinWait(Math.Max(0, _headStart));
            _pin = contract
                .PinAsync(wish, () => new((ulong)RandomAccess.GetLength(facts), true), CancellationToken.None)
                .AsTask().GetAwaiter().GetResult().Pin;
            end.SignalAndWait();
        }

        cutter.Join();
    }

    // Counts the round and makes all as it was. How many there were.
    private int Settle(int descriptor)
    {
        bool isCut = _cut == 0;
        Violations += isCut && _pin is not null ? 1 : 0;
        Stalemates += !isCut && _pin is null ? 1 : 0;
        Pinned += !isCut && _pin is not null ? 1 : 0;
        Cut += isCut && _pin is null ? 1 : 0;
        _headStart += isCut ? -10 : 10;
        if (_pin is not null)
        {
            contract.Unpin(_pin);
        }

        Assert.Equal(0, Libc.Ftruncate(descriptor, Whole));
        return Violations + Stalemates + Pinned + Cut;
    }
}
