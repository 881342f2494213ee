using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Fuse;

/// <summary>The files that the kernel or this process refers to, by node number, by identity and by the inode number shown.</summary>
internal sealed class NodeTable : IDisposable
{
    // Files of other devices below the root, such as btrfs subvolumes, might share inode numbers with it: they get numbers up here.
    private const ulong Foreign = 1UL << 63;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Node> _byId = [];
    private readonly Dictionary<FileIdentity, Node> _byIdentity = [];
    private readonly Dictionary<ulong, Node> _byShownInode = [];
    private ulong _lastId = linux_fuse.FUSE_ROOT_ID;

    internal NodeTable(SafeFileHandle root, in statx status)
    {
        Root = new Node(linux_fuse.FUSE_ROOT_ID, IdentityOf(status), status.stx_ino, status.stx_mode, root) { Lookups = 1 };
        Add(Root);
    }

    internal Node Root { get; }

    /// <summary>Files known now, the root included.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _byId.Count;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Node node in _byId.Values)
            {
                node.Held?.Dispose();
                node.Handle.Dispose();
            }

            _byId.Clear();
            _byIdentity.Clear();
            _byShownInode.Clear();
        }
    }

    internal Node? Find(ulong id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    /// <summary>The node of a file just looked up, with one more reference of the kernel. Takes the descriptor over.</summary>
    internal Node Adopt(SafeFileHandle handle, in statx status)
    {
        FileIdentity identity = IdentityOf(status);
        Node? known;
        lock (_gate)
        {
            if (!_byIdentity.TryGetValue(identity, out known))
            {
                ulong id = ++_lastId;
                ulong shown = identity.Device == Root.Identity.Device ? identity.Inode : Foreign | id;
                Node added = new(id, identity, shown, status.stx_mode, handle) { Lookups = 1 };
                Add(added);
                return added;
            }

            known.Lookups++;
        }

        handle.Dispose();
        return known;
    }

    internal void Forget(ulong id, ulong lookups)
    {
        lock (_gate)
        {
            if (id != Root.Id && _byId.TryGetValue(id, out Node? node))
            {
                node.Lookups -= Math.Min(lookups, node.Lookups);
                DropIfUnused(node);
            }
        }
    }

    /// <summary>Keeps a node alive until <see cref="Release"/>.</summary>
    internal Node? Hold(FileIdentity identity)
    {
        lock (_gate)
        {
            return Hold(_byIdentity.GetValueOrDefault(identity));
        }
    }

    /// <inheritdoc cref="Hold(FileIdentity)"/>
    internal Node? HoldShown(ulong shownInode)
    {
        lock (_gate)
        {
            return Hold(_byShownInode.GetValueOrDefault(shownInode));
        }
    }

    internal void Release(Node node)
    {
        lock (_gate)
        {
            node.Holds--;
            DropIfUnused(node);
        }
    }

    private static FileIdentity IdentityOf(in statx status) =>
        new(DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor), status.stx_ino);

    private static Node? Hold(Node? node)
    {
        if (node is not null)
        {
            node.Holds++;
        }

        return node;
    }

    private void Add(Node node)
    {
        _byId.Add(node.Id, node);
        _byIdentity.Add(node.Identity, node);
        _byShownInode.Add(node.ShownInode, node);
    }

    private void DropIfUnused(Node node)
    {
        if (node.Lookups == 0 && node.Holds == 0 && _byId.Remove(node.Id))
        {
            _byIdentity.Remove(node.Identity);
            _byShownInode.Remove(node.ShownInode);
            node.Held?.Dispose();
            node.Handle.Dispose();
        }
    }
}
