using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Identity;

/// <summary>
/// The device log of one identity (<c>Protocol/identity.proto</c>): takes entries, in any order as long as what they follow comes
/// first, and says which devices are the identity's. The same entries give the same view everywhere, whatever the order and however
/// often they come; a signer that exceeds a limit of <see cref="DeviceLogLimits"/> alone may see to it that others keep different ones of its
/// entries. Not thread-safe.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="identity">The identity.</param>
public sealed class DeviceLog(string network, IdentityId identity)
{
    private readonly Dictionary<DeviceEntryId, DeviceLogNode> _nodes = [];
    private readonly List<Signed<DeviceLogEntry>> _entries = [];
    private readonly Dictionary<Bytes32, SignerShare> _shares = [];
    private DeviceLogNode? _root;
    private DeviceLogView? _view;
    private int _added;

    /// <summary>The network.</summary>
    public string Network { get; } = network;

    /// <summary>The identity.</summary>
    public IdentityId Identity { get; } = identity;

    /// <summary>All entries that hold, in the order in which they came: each after what it follows.</summary>
    public IReadOnlyList<Signed<DeviceLogEntry>> Entries => _entries;

    /// <summary>What the log says now.</summary>
    public DeviceLogView View => _view ??= DeviceLogReader.Read(Identity, _root, _nodes.Values);

    /// <summary>Whether it has an entry.</summary>
    public bool Has(DeviceEntryId entry) => _nodes.ContainsKey(entry);

    /// <summary>A log of entries, sorted out by sequence; what does not hold is left out.</summary>
    public static DeviceLog Of(string network, IdentityId identity, IEnumerable<Signed<DeviceLogEntry>> entries)
    {
        var log = new DeviceLog(network, identity);
        foreach (var entry in entries.OrderBy(entry => entry.Statement.Sequence))
        {
            log.Apply(entry);
        }

        return log;
    }

    /// <summary>Takes an entry. One that is refused leaves the log as it was.</summary>
    public DeviceLogOutcome Apply(Signed<DeviceLogEntry> entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var id = DeviceEntryId.Of(entry);
        if (_nodes.ContainsKey(id))
        {
            return DeviceLogOutcome.Known;
        }

        var isFirst = entry.Statement.Kind == DeviceEntryKind.First;
        if (entry.Network != Network || Identity != (isFirst ? new IdentityId(id.Value) : entry.Statement.Identity))
        {
            return DeviceLogOutcome.Foreign;
        }

        var outcome = isFirst ? Begin(entry, id) : Follow(entry, id);
        if (outcome == DeviceLogOutcome.Kept)
        {
            _entries.Add(entry);
            _view = null;
        }

        return outcome;
    }

    internal DeviceLogNode? Find(DeviceEntryId id) => _nodes.GetValueOrDefault(id);

    internal DeviceLogNode? Root => _root;

    internal IEnumerable<DeviceLogNode> Leaves => _nodes.Values.Where(node => node.Next.Count == 0);

    private DeviceLogOutcome Begin(Signed<DeviceLogEntry> entry, DeviceEntryId id)
    {
        if (entry.Statement.First!.Recovery == entry.Statement.Signer)
        {
            return DeviceLogOutcome.NotPermitted;
        }

        _nodes.Add(id, _root = DeviceLogNode.Root(entry, id));
        return DeviceLogOutcome.Kept;
    }

    private DeviceLogOutcome Follow(Signed<DeviceLogEntry> signed, DeviceEntryId id)
    {
        var entry = signed.Statement;
        if (Find(entry.Previous!.Value) is not { } parent || entry.Merged.Any(other => !Has(other)))
        {
            return DeviceLogOutcome.Early;
        }

        DeviceLogNode[] merged = [.. entry.Merged.Select(other => _nodes[other])];
        if (entry.Sequence != merged.Select(node => node.Sequence).Append(parent.Sequence).Max() + 1)
        {
            return DeviceLogOutcome.BadSequence;
        }

        var isRecovery = entry.Signer == _root!.Entry.First!.Recovery;
        if (!isRecovery && (merged.Length > 0 || entry.Kind == DeviceEntryKind.Settle || !parent.Permits(new DeviceKey(entry.Signer))))
        {
            return DeviceLogOutcome.NotPermitted;
        }

        DeviceRequest? added = null;
        var outcome = entry.Kind == DeviceEntryKind.Revoke ? FaultOfRevoking(parent, entry) : FaultOfAdding(parent, entry, isRecovery, out added);
        if (outcome == DeviceLogOutcome.Kept)
        {
            _nodes.Add(id, DeviceLogNode.After(parent, merged, signed, id, added, isRecovery));
            Count(signed, isRecovery);
        }

        return outcome;
    }

    private DeviceLogOutcome FaultOfRevoking(DeviceLogNode parent, DeviceLogEntry entry)
    {
        var share = _shares.GetValueOrDefault(entry.Signer);
        return !parent.Devices.ContainsKey(entry.Revoked!.Device) ? DeviceLogOutcome.UnknownDevice
            : share.Revocations == DeviceLogLimits.MaxEntriesOfSigner
                || share.RevocationBytes + entry.Encode().Length > DeviceLogLimits.MaxRevocationBytesOfSigner ? DeviceLogOutcome.TooManyEntries
            : DeviceLogOutcome.Kept;
    }

    private DeviceLogOutcome FaultOfAdding(DeviceLogNode parent, DeviceLogEntry entry, bool isRecovery, out DeviceRequest? added)
    {
        added = null;
        if (_shares.GetValueOrDefault(entry.Signer).Others == DeviceLogLimits.MaxEntriesOfSigner)
        {
            return DeviceLogOutcome.TooManyEntries;
        }

        if (entry.Kind == DeviceEntryKind.Settle)
        {
            return DeviceLogOutcome.Kept;
        }

        if (parent.Devices.Count - parent.Devices.Keys.Count(parent.Revoked.Contains) == DeviceLogLimits.MaxDevices
            || (!isRecovery && _added == DeviceLogLimits.MaxAdded))
        {
            return DeviceLogOutcome.TooManyDevices;
        }

        if (Signed<DeviceRequest>.TryVerify(entry.Added!, Network, out var request) != StatementFault.None
            || request!.Statement.Identity != Identity
            || request.Statement.Signer == _root!.Entry.First!.Recovery
            || parent.Devices.ContainsKey(request.Statement.Device))
        {
            return DeviceLogOutcome.BadDevice;
        }

        added = request.Statement;
        return DeviceLogOutcome.Kept;
    }

    private void Count(Signed<DeviceLogEntry> signed, bool isRecovery)
    {
        var entry = signed.Statement;
        var share = _shares.GetValueOrDefault(entry.Signer);
        _shares[entry.Signer] = entry.Kind == DeviceEntryKind.Revoke
            ? share with { Revocations = share.Revocations + 1, RevocationBytes = share.RevocationBytes + signed.Message.Statement.Length }
            : share with { Others = share.Others + 1 };
        _added += entry.Kind == DeviceEntryKind.Add && !isRecovery ? 1 : 0;
    }

    private readonly record struct SignerShare(int Others, int Revocations, int RevocationBytes);
}
