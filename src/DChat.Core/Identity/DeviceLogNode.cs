using System.Collections.Immutable;
using DChat.Core.Clocks;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Identity;

/// <summary>An entry that holds, in its place in the tree, with what its path says of devices.</summary>
internal sealed class DeviceLogNode
{
    private DeviceLogNode(Signed<DeviceLogEntry> signed, DeviceEntryId id, DeviceLogNode? parent, IReadOnlyList<DeviceLogNode> merged)
    {
        Signed = signed;
        Id = id;
        Parent = parent;
        Merged = merged;
    }

    public Signed<DeviceLogEntry> Signed { get; }

    public DeviceEntryId Id { get; }

    public DeviceLogNode? Parent { get; }

    public IReadOnlyList<DeviceLogNode> Merged { get; }

    /// <summary>The entries that name this one as the one before.</summary>
    public List<DeviceLogNode> Next { get; } = [];

    /// <summary>The entries that merge this one.</summary>
    public List<DeviceLogNode> MergedBy { get; } = [];

    /// <summary>Every device that the path has added, revoked or not.</summary>
    public required ImmutableSortedDictionary<DeviceKey, BoxKey> Devices { get; init; }

    /// <summary>What the path, and what it has merged, has revoked.</summary>
    public required ImmutableHashSet<DeviceKey> Revoked { get; init; }

    /// <summary>Whether the recovery key signed it.</summary>
    public required bool IsRecovery { get; init; }

    public DeviceLogEntry Entry => Signed.Statement;

    public ulong Sequence => Entry.Sequence;

    /// <summary>The device that the entry adds; null when none.</summary>
    public DeviceKey? AddedDevice { get; init; }

    /// <summary>What the entry directly follows.</summary>
    public IEnumerable<DeviceLogNode> Before => Parent is null ? Merged : Merged.Prepend(Parent);

    public bool Permits(DeviceKey device) => Devices.ContainsKey(device) && !Revoked.Contains(device);

    public static DeviceLogNode Root(Signed<DeviceLogEntry> signed, DeviceEntryId id)
    {
        var device = new DeviceKey(signed.Statement.Signer);
        return new DeviceLogNode(signed, id, null, [])
        {
            Devices = ImmutableSortedDictionary.Create<DeviceKey, BoxKey>(DeviceOrder.Instance).Add(device, signed.Statement.First!.Box),
            Revoked = [],
            IsRecovery = false,
            AddedDevice = device,
        };
    }

    /// <summary>The node after one, linked to those it follows.</summary>
    public static DeviceLogNode After(
        DeviceLogNode parent, IReadOnlyList<DeviceLogNode> merged, Signed<DeviceLogEntry> signed, DeviceEntryId id, DeviceRequest? added, bool isRecovery)
    {
        var revoked = merged.Aggregate(parent.Revoked, (all, node) => all.Union(node.Revoked));
        var node = new DeviceLogNode(signed, id, parent, merged)
        {
            Devices = added is null ? parent.Devices : parent.Devices.Add(added.Device, added.Box),
            Revoked = signed.Statement.Revoked is { } revocation ? revoked.Add(revocation.Device) : revoked,
            IsRecovery = isRecovery,
            AddedDevice = added?.Device,
        };
        parent.Next.Add(node);
        foreach (var other in merged)
        {
            other.MergedBy.Add(node);
        }

        return node;
    }

    /// <summary>All entries that this one follows, directly or not, and itself.</summary>
    public HashSet<DeviceLogNode> WithAllBefore() => Reach(node => node.Before);

    /// <summary>All entries that follow this one, directly or not, and itself.</summary>
    public HashSet<DeviceLogNode> WithAllAfter() => Reach(node => node.Next.Concat(node.MergedBy));

    /// <summary>The way here from the first entry by the entries before, this one included.</summary>
    public List<DeviceLogNode> Path()
    {
        List<DeviceLogNode> path = [];
        for (var node = this; node is not null; node = node.Parent)
        {
            path.Add(node);
        }

        path.Reverse();
        return path;
    }

    private HashSet<DeviceLogNode> Reach(Func<DeviceLogNode, IEnumerable<DeviceLogNode>> step)
    {
        HashSet<DeviceLogNode> reached = [this];
        Stack<DeviceLogNode> open = new([this]);
        while (open.TryPop(out var node))
        {
            foreach (var next in step(node))
            {
                if (reached.Add(next))
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }
}
