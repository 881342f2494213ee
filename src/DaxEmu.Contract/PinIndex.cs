using System.Numerics;

namespace DaxEmu.Contract;

/// <summary>
/// The pins of one file by byte range: an AVL tree sorted by first byte (and id, so that identical ranges have an order), each node
/// knowing the greatest end below it. Not thread-safe: guarded by the lock of the file's state.
/// </summary>
/// <remarks>
/// The nodes are slots of arrays and links are slot numbers, so a file with 100,000 pins costs the collector a few objects. What a
/// lookup needs is in <see cref="PinIndexNode"/>; heights and the pins themselves are kept apart and touched on changes only.
/// Slot 0 stands for "no node": height 0 and greatest end 0, so that walks need no test for it.
/// </remarks>
internal sealed class PinIndex
{
    private const int None = 0;

    private PinIndexNode[] _nodes = new PinIndexNode[1];
    private byte[] _heights = new byte[1];
    private Pin?[] _pins = new Pin?[1];
    private int _root = None;
    private int _firstFree = None;
    private int _used = 1;

    /// <summary>How many pins there are.</summary>
    internal int Count { get; private set; }

    /// <summary>Nodes on the longest walk from the root, at most 1.44 log2(<see cref="Count"/> + 2).</summary>
    internal int Height => _heights[_root];

    /// <summary>True when a pin shares a byte with the range. One walk from the root, nothing allocated.</summary>
    internal bool AnyOverlap(ByteRange range)
    {
        if (range.IsEmpty)
        {
            return false;
        }

        PinIndexNode[] nodes = _nodes;
        int at = _root;
        while (at != None)
        {
            ref readonly PinIndexNode node = ref nodes[at];
            if (node.Start < range.End && range.Start < node.End)
            {
                return true;
            }

            // If the left subtree reaches past the range's start and yet holds no overlap, the pin that reaches there starts at or
            // after the range's end, and so does all to its right: one side is always enough.
            at = nodes[node.Left].MaxEnd > range.Start ? node.Left : node.Right;
        }

        return false;
    }

    /// <summary>The pins that share a byte with the range, by first byte, then id. The index must not change meanwhile.</summary>
    internal IEnumerable<Pin> Overlaps(ByteRange range)
    {
        if (range.IsEmpty)
        {
            yield break;
        }

        Stack<int> path = new();
        int at = _root;
        while (true)
        {
            while (_nodes[at].MaxEnd > range.Start)
            {
                path.Push(at);
                at = _nodes[at].Left;
            }

            if (!path.TryPop(out at) || _nodes[at].Start >= range.End)
            {
                yield break;
            }

            if (_nodes[at].End > range.Start)
            {
                yield return _pins[at]!;
            }

            at = _nodes[at].Right;
        }
    }

    /// <summary>Adds a pin whose range is not empty and whose id is not in the index.</summary>
    internal void Add(Pin pin)
    {
        ByteRange range = pin.Request.Range;
        int slot = TakeSlot();
        _nodes[slot] = new() { Start = range.Start, End = range.End, MaxEnd = range.End };
        _heights[slot] = 1;
        _pins[slot] = pin;
        _root = Insert(_root, slot);
        Count++;
    }

    /// <summary>Removes a pin by its first byte and id.</summary>
    /// <returns>False when it is not there.</returns>
    internal bool Remove(Pin pin)
    {
        int removed = None;
        _root = Remove(_root, pin, ref removed);
        if (removed == None)
        {
            return false;
        }

        GiveSlot(removed);
        Count--;
        return true;
    }

    /// <summary>True when a pin with its first byte and id is there.</summary>
    internal bool Holds(Pin pin)
    {
        int at = _root;
        while (at != None)
        {
            int order = Compare(pin, at);
            if (order == 0)
            {
                return true;
            }

            at = order < 0 ? _nodes[at].Left : _nodes[at].Right;
        }

        return false;
    }

    private int Insert(int at, int slot)
    {
        if (at == None)
        {
            return slot;
        }

        if (Compare(_pins[slot]!, at) < 0)
        {
            _nodes[at].Left = Insert(_nodes[at].Left, slot);
        }
        else
        {
            _nodes[at].Right = Insert(_nodes[at].Right, slot);
        }

        return Balance(at);
    }

    private int Remove(int at, Pin pin, ref int removed)
    {
        if (at == None)
        {
            return None;
        }

        int order = Compare(pin, at);
        if (order < 0)
        {
            _nodes[at].Left = Remove(_nodes[at].Left, pin, ref removed);
        }
        else if (order > 0)
        {
            _nodes[at].Right = Remove(_nodes[at].Right, pin, ref removed);
        }
        else
        {
            removed = at;
            return Join(_nodes[at].Left, _nodes[at].Right);
        }

        return Balance(at);
    }

    // The two subtrees of a removed node, under the first node of the right one.
    private int Join(int left, int right)
    {
        if (right == None)
        {
            return left;
        }

        right = RemoveFirst(right, out int first);
        _nodes[first].Left = left;
        _nodes[first].Right = right;
        return Balance(first);
    }

    private int RemoveFirst(int at, out int first)
    {
        if (_nodes[at].Left == None)
        {
            first = at;
            return _nodes[at].Right;
        }

        _nodes[at].Left = RemoveFirst(_nodes[at].Left, out first);
        return Balance(at);
    }

    private int Compare(Pin pin, int at)
    {
        int order = pin.Request.Range.Start.CompareTo(_nodes[at].Start);
        return order != 0 ? order : pin.Id.CompareTo(_pins[at]!.Id);
    }

    // Restores height difference <= 1 at a node whose subtrees have it; returns the subtree's new top.
    private int Balance(int at)
    {
        int lean = Lean(at);
        if (lean > 1)
        {
            if (Lean(_nodes[at].Left) < 0)
            {
                _nodes[at].Left = RotateLeft(_nodes[at].Left);
            }

            return RotateRight(at);
        }

        if (lean < -1)
        {
            if (Lean(_nodes[at].Right) > 0)
            {
                _nodes[at].Right = RotateRight(_nodes[at].Right);
            }

            return RotateLeft(at);
        }

        Summarise(at);
        return at;
    }

    private int Lean(int at) => _heights[_nodes[at].Left] - _heights[_nodes[at].Right];

    private int RotateRight(int at)
    {
        int top = _nodes[at].Left;
        _nodes[at].Left = _nodes[top].Right;
        _nodes[top].Right = at;
        Summarise(at);
        Summarise(top);
        return top;
    }

    private int RotateLeft(int at)
    {
        int top = _nodes[at].Right;
        _nodes[at].Right = _nodes[top].Left;
        _nodes[top].Left = at;
        Summarise(at);
        Summarise(top);
        return top;
    }

    private void Summarise(int at)
    {
        ref PinIndexNode node = ref _nodes[at];
        node.MaxEnd = Math.Max(node.End, Math.Max(_nodes[node.Left].MaxEnd, _nodes[node.Right].MaxEnd));
        _heights[at] = (byte)(1 + Math.Max(_heights[node.Left], _heights[node.Right]));
    }

    private int TakeSlot()
    {
        if (_firstFree != None)
        {
            int slot = _firstFree;
            _firstFree = _nodes[slot].Left;
            return slot;
        }

        if (_used == _nodes.Length)
        {
            int length = Math.Max(8, (int)BitOperations.RoundUpToPowerOf2((uint)_used + 1));
            Array.Resize(ref _nodes, length);
            Array.Resize(ref _heights, length);
            Array.Resize(ref _pins, length);
        }

        return _used++;
    }

    private void GiveSlot(int slot)
    {
        _nodes[slot] = new() { Left = _firstFree };
        _pins[slot] = null;
        _firstFree = slot;
    }
}
