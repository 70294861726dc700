using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Identity;

/// <summary>What a device log says. The same for the same entries, whatever the order in which they came. Immutable.</summary>
public sealed class DeviceLogView
{
    private readonly Dictionary<DeviceKey, IdentityDevice> _devices;
    private readonly ILookup<DeviceKey, IGrouping<Bytes32, DeviceRevocation>> _revocations;

    internal DeviceLogView(
        IdentityId identity,
        IReadOnlyList<IdentityDevice> devices,
        IReadOnlyList<DeviceFork> forks,
        IReadOnlyCollection<DeviceLogNode> revocations,
        ulong head,
        DeviceEntryId? headId,
        Bytes32? recovery)
    {
        Identity = identity;
        Devices = devices;
        Forks = forks;
        Head = head;
        HeadId = headId;
        Recovery = recovery;
        _devices = devices.ToDictionary(device => device.Device);
        _revocations = revocations.GroupBy(node => (node.Entry.Revoked!.Device, node.Entry.Signer), node => node.Entry.Revoked!)
            .Select(group => (group.Key.Device, Of: group.GroupBy(_ => group.Key.Signer).Single()))
            .ToLookup(pair => pair.Device, pair => pair.Of);
    }

    /// <summary>The identity.</summary>
    public IdentityId Identity { get; }

    /// <summary>Its devices, by the sequence at which they were added, then by key; none when no entry is known.</summary>
    public IReadOnlyList<IdentityDevice> Devices { get; }

    /// <summary>The forks that the trunk has come by and the one it ends at, if it does, by sequence.</summary>
    public IReadOnlyList<DeviceFork> Forks { get; }

    /// <summary>The sequence of the last entry of the trunk; 0 when no entry is known.</summary>
    public ulong Head { get; }

    /// <summary>The last entry of the trunk; null when no entry is known.</summary>
    public DeviceEntryId? HeadId { get; }

    /// <summary>The recovery key; null when there is none, or no entry is known.</summary>
    public Bytes32? Recovery { get; }

    /// <summary>Whether a fork is not settled: what is added has no effect until the recovery key settles it, what is revoked is revoked.</summary>
    public bool IsFrozen => Forks.Any(fork => !fork.IsSettled);

    /// <summary>The devices that are the identity's now, as in <see cref="Devices"/>.</summary>
    public IEnumerable<IdentityDevice> ActiveDevices => Devices.Where(device => device.Standing == DeviceStanding.Active);

    /// <summary>How a device stands.</summary>
    public DeviceStanding StandingOf(DeviceKey device) => _devices.TryGetValue(device, out var known) ? known.Standing : DeviceStanding.Unknown;

    /// <summary>
    /// Judges a message. Of a revoked device it is valid when every signer that revoked the device names the message's author key with
    /// this sequence or a later one.
    /// </summary>
    /// <param name="topic">The topic in which the message was opened.</param>
    /// <param name="device">Its device.</param>
    /// <param name="author">Its author key.</param>
    /// <param name="keyGeneration">Its key generation.</param>
    /// <param name="sequence">Its sequence.</param>
    public MessageStanding Judge(Topic topic, DeviceKey device, AuthorKey author, uint keyGeneration, ulong sequence) => StandingOf(device) switch
    {
        DeviceStanding.Active => MessageStanding.Valid,
        DeviceStanding.Suspended => MessageStanding.Suspended,
        DeviceStanding.Revoked => _revocations[device].All(ofSigner => sequence <= LastSequence(ofSigner, topic, author, keyGeneration))
            ? MessageStanding.Valid
            : MessageStanding.Revoked,
        _ => MessageStanding.Unknown,
    };

    private static ulong LastSequence(IEnumerable<DeviceRevocation> revocations, Topic topic, AuthorKey author, uint keyGeneration) =>
        revocations.Select(revocation => revocation.LastSequence(topic, keyGeneration, author)).Min() ?? 0;
}
