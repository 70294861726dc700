using DChat.Core.Clocks;

namespace DChat.Core.Identity;

/// <summary>Makes out of a tree of entries what it says; the rules stand in <c>Protocol/identity.proto</c>.</summary>
internal sealed class DeviceLogReader
{
    private readonly List<DeviceLogNode> _trunk = [];
    private readonly List<DeviceFork> _forks = [];
    private DeviceLogNode? _last;

    public static DeviceLogView Read(IdentityId identity, DeviceLogNode? root, IReadOnlyCollection<DeviceLogNode> nodes)
    {
        if (root is null)
        {
            return new DeviceLogView(identity, [], [], [], 0, null, null);
        }

        var reader = new DeviceLogReader();
        reader.FindTrunk(root, nodes);
        return reader.View(identity, root, nodes);
    }

    private void FindTrunk(DeviceLogNode root, IReadOnlyCollection<DeviceLogNode> nodes)
    {
        var topmost = Topmost(nodes);
        List<List<DeviceLogNode>> paths = [.. topmost.Select(node => node.Path())];
        _trunk.Add(root);
        _last = topmost.Count == 1 ? topmost[0] : null;
        while (true)
        {
            var end = _trunk[^1];
            if (topmost.Count != 1 && end.IsRecovery)
            {
                _last = end;
            }

            // Of the paths to the recovery key's last words the one that all share, and behind them the one that is alone.
            var at = _trunk.Count;
            var shared = paths.Count > 0 && paths.TrueForAll(path => path.Count > at && path[at] == paths[0][at]) ? paths[0][at] : null;
            var isBehind = paths.TrueForAll(path => path.Count <= at);
            var next = shared ?? (isBehind && end.Next.Count == 1 ? end.Next[0] : null);
            if (end.Next.Count > 1)
            {
                _forks.Add(new DeviceFork(end.Sequence + 1, [.. end.Next.Select(node => node.Id).Order()], next?.Id));
            }

            if (next is null)
            {
                return;
            }

            _trunk.Add(next);
        }
    }

    private static List<DeviceLogNode> Topmost(IReadOnlyCollection<DeviceLogNode> nodes)
    {
        List<DeviceLogNode> recovery = [.. nodes.Where(node => node.IsRecovery)];
        return recovery.FindAll(node => !node.WithAllAfter().Any(after => after != node && after.IsRecovery));
    }

    private DeviceLogView View(IdentityId identity, DeviceLogNode root, IReadOnlyCollection<DeviceLogNode> nodes)
    {
        var after = _last is null ? [.. nodes] : _last.WithAllAfter();
        HashSet<DeviceLogNode> counted = _last is null ? after : [.. _last.WithAllBefore(), .. after];
        var onTrunk = _trunk.ToHashSet();
        var revocations = counted.Where(node => node.Entry.Kind == DeviceEntryKind.Revoke)
            .ToLookup(node => node.Entry.Revoked!.Device);

        // What the trunk has passed by is over: only what comes after the recovery key's last word waits for the next.
        var devices = after.Union(onTrunk)
            .Where(node => node.AddedDevice is not null)
            .OrderBy(node => onTrunk.Contains(node) ? 0 : 1).ThenBy(node => node.Sequence).ThenBy(node => node.Id)
            .DistinctBy(node => node.AddedDevice)
            .Select(node => Describe(node, onTrunk.Contains(node), revocations[node.AddedDevice!.Value]))
            .OrderBy(device => device.AddedAt).ThenBy(device => device.Device, DeviceOrder.Instance);
        return new DeviceLogView(
            identity, [.. devices], _forks, [.. revocations.SelectMany(group => group)], _trunk[^1].Sequence, _trunk[^1].Id, root.Entry.First!.Recovery);
    }

    private static IdentityDevice Describe(DeviceLogNode node, bool isOnTrunk, IEnumerable<DeviceLogNode> revokedBy)
    {
        var device = node.AddedDevice!.Value;
        DeviceEntryId[] revocations = [.. revokedBy.Select(revocation => revocation.Id).Order()];
        var standing = revocations.Length > 0 ? DeviceStanding.Revoked : isOnTrunk ? DeviceStanding.Active : DeviceStanding.Suspended;
        return new IdentityDevice(device, node.Devices[device], standing, node.Id, node.Sequence, revocations);
    }
}
