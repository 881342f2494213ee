using DaxEmu.Contract;
using DaxEmu.Nic;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>Who may copy at the same time as whom, to and from a file that is not mapped.</summary>
public sealed class BouncedFileTests : IDisposable
{
    private static readonly FileIdentity Identity = new(1, 2);

    private readonly BouncedFiles _files = new();
    private readonly TestFile _file = new(4096);
    private readonly UnmappedCopier _copier = new(1);
    private readonly BouncedFile _entry;
    private readonly BouncedRange _range;

    public BouncedFileTests()
    {
        _entry = _files.Take(Identity);
        _range = new BouncedRange([new BouncedPart(_entry, _file.Handle, 0, 0, 4096)], _files, _copier);
    }

    public void Dispose()
    {
        _copier.Dispose();
        _range.Dispose();
        _file.Dispose();
        Assert.Equal(0, _files.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_operation_that_cuts_the_file_waits_for_the_copy_under_way_and_lets_none_begin(bool isWrite)
    {
        Assert.True(_range.TryEnter(0, isWrite));
        IDisposable? stop = null;

        AssertWaits(() => stop = _files.Stop(Identity), () => _range.Leave(0, isWrite));

        Assert.False(_range.TryEnter(0, !isWrite));
        stop!.Dispose();
        Assert.True(_range.TryEnter(0, !isWrite));
        _range.Leave(0, !isWrite);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Who_changes_the_file_has_it_alone(bool isFirstWrite, bool isSecondWrite)
    {
        Assert.True(_range.TryEnter(0, isFirstWrite));

        AssertWaits(() => Assert.True(_entry.TryEnter(isSecondWrite)), () => _range.Leave(0, isFirstWrite));

        _entry.Leave(isSecondWrite);
    }

    [Fact]
    public void Reads_go_side_by_side()
    {
        Assert.True(_range.TryEnter(0, isWrite: false));
        Assert.True(_range.TryEnter(0, isWrite: false));
        _range.Leave(0, isWrite: false);
        _range.Leave(0, isWrite: false);
    }

    [Fact]
    public void Reads_that_overlap_one_another_for_ever_let_a_write_through()
    {
        Assert.True(_range.TryEnter(0, isWrite: false));
        bool hasWritten = false;
        Thread writer = new(() =>
        {
            Assert.True(_entry.TryEnter(isWrite: true));
            hasWritten = true;
            _entry.Leave(isWrite: true);
        });
        writer.Start();
        SpinWait.SpinUntil(() => (writer.ThreadState & ThreadState.WaitSleepJoin) != 0);

        AssertWaits(() => Assert.True(_entry.TryEnter(isWrite: false)), () => _range.Leave(0, isWrite: false));

        writer.Join();
        Assert.True(hasWritten);
        _entry.Leave(isWrite: false);
    }

    [Fact]
    public void An_atomic_operation_enters_once_to_change_and_loads_and_stores_before_it_leaves()
    {
        RecordingRange range = new(_copier);
        using UnmappedPlace place = new(8)
        {
            Copy = UnmappedPlace.Kind.FetchAdd,
            CompareAdd = 1,
            Length = 8,
            Range = range,
            State = UnmappedCopy.UnderWay,
        };

        Assert.True(_copier.TryAdd(place));
        Assert.True(SpinWait.SpinUntil(() => place.State != UnmappedCopy.UnderWay, TimeSpan.FromSeconds(30)));

        Assert.Equal(["enter to change", "load", "store", "leave"], range.Steps);
    }

    private static void AssertWaits(Action waits, Action release)
    {
        bool isReleased = false;
        bool saw = false;
        Thread thread = new(() =>
        {
            waits();
            saw = Volatile.Read(ref isReleased);
        });
        thread.Start();
        // Until it waits in the lock, or has come through.
        SpinWait.SpinUntil(() => (thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0);
        Volatile.Write(ref isReleased, true);
        release();
        thread.Join();
        Assert.True(saw, "it did not wait");
    }

    private sealed unsafe class RecordingRange(UnmappedCopier copier) : UnmappedRange(copier)
    {
        public List<string> Steps { get; } = [];

        public override bool TryEnter(ulong offset, bool isWrite)
        {
            Steps.Add(isWrite ? "enter to change" : "enter to look");
            return true;
        }

        public override void Leave(ulong offset, bool isWrite) => Steps.Add("leave");

        public override int Read(ulong offset, byte* to, uint length)
        {
            Steps.Add("load");
            return 0;
        }

        public override int Write(ulong offset, byte* from, uint length)
        {
            Steps.Add("store");
            return 0;
        }

        public override void Dispose()
        {
        }
    }
}
