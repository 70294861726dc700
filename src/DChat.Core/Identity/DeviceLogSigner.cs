using System.Buffers.Binary;
using System.Security.Cryptography;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Identity;

/// <summary>Writes entries of device logs: as a device, or with the recovery key. What it returns holds in the log it was made for; bring it there.</summary>
public sealed class DeviceLogSigner
{
    /// <summary>The code of what is refused because the log is forked.</summary>
    public const string FrozenCode = "device-log-frozen";

    /// <summary>The code of what the log does not take.</summary>
    public const string RefusedCode = "device-log-refused";

    private readonly SigningKey _key;

    private DeviceLogSigner(SigningKey key) => _key = key;

    /// <summary>Signs as a device. The device must outlive the signer.</summary>
    public static DeviceLogSigner Of(DeviceSecret device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new DeviceLogSigner(device.SigningKey);
    }

    /// <summary>Signs with a recovery key. The key must outlive the signer.</summary>
    public static DeviceLogSigner Recovery(SigningKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new DeviceLogSigner(key);
    }

    /// <summary>The first entry of a new identity.</summary>
    /// <param name="network">The network.</param>
    /// <param name="device">Its first device.</param>
    /// <param name="recovery">The public recovery key; null for none: then a fork freezes the log for good.</param>
    public static Signed<DeviceLogEntry> Begin(string network, DeviceSecret device, Bytes32? recovery)
    {
        ArgumentNullException.ThrowIfNull(device);
        var salt = BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(DeviceRevocation.SaltLength));
        return device.Sign(network, new DeviceLogEntry
        {
            Sequence = 1,
            Signer = device.PublicKey.Value,
            First = new FirstDevice(device.Box, recovery, salt),
        });
    }

    /// <summary>Asks for a device to be added to an identity.</summary>
    public static Signed<DeviceRequest> Request(string network, DeviceSecret device, IdentityId identity)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.Sign(network, new DeviceRequest { Identity = identity, Device = device.PublicKey, Box = device.Box });
    }

    /// <summary>Adds a device.</summary>
    /// <exception cref="DChatException">The log is forked (<c>device-log-frozen</c>) or refuses it (<c>device-log-refused</c>).</exception>
    public Signed<DeviceLogEntry> Add(DeviceLog log, Signed<DeviceRequest> request)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(request);
        return Sign(log, Trunk(log), (identity, parent) => new DeviceLogEntry
        {
            Identity = identity,
            Sequence = parent.Sequence + 1,
            Previous = parent.Id,
            Signer = _key.PublicKey,
            Added = request.Message,
        });
    }

    /// <summary>Revokes a device; in a forked log on a branch that knows it and in which this device may.</summary>
    /// <exception cref="DChatException">
    /// The log refuses it (<c>device-log-refused</c>), or it is forked and the recovery key signs: that settles it first (<c>device-log-frozen</c>).
    /// </exception>
    public Signed<DeviceLogEntry> Revoke(DeviceLog log, DeviceRevocation revocation)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(revocation);
        var isRecovery = log.View.Recovery == _key.PublicKey;
        var device = new DeviceKey(_key.PublicKey);
        var at = log.View.IsFrozen && !isRecovery
            ? log.Leaves.Where(node => node.Permits(device) && node.Devices.ContainsKey(revocation.Device))
                .OrderByDescending(node => node.Sequence).ThenBy(node => node.Id).FirstOrDefault() ?? log.Root!
            : Trunk(log);
        return Sign(log, at, (identity, parent) => new DeviceLogEntry
        {
            Identity = identity,
            Sequence = parent.Sequence + 1,
            Previous = parent.Id,
            Signer = _key.PublicKey,
            Revoked = revocation,
        });
    }

    /// <summary>Says which branch of a fork counts; for the recovery key alone.</summary>
    /// <param name="log">The log.</param>
    /// <param name="kept">An entry of the branch, such as one of <see cref="DeviceFork.Entries"/>; it is continued at the farthest entry behind it.</param>
    /// <param name="keepsRevocations">Whether what the other branches revoke counts; they do not if a thief revoked there.</param>
    /// <exception cref="DChatException">The log refuses it (<c>device-log-refused</c>).</exception>
    public Signed<DeviceLogEntry> Settle(DeviceLog log, DeviceEntryId kept, bool keepsRevocations)
    {
        ArgumentNullException.ThrowIfNull(log);
        var branch = log.Find(kept)?.WithAllAfter() ?? throw Refused("the log has no such entry");
        var parent = branch.Where(node => node.Next.Count == 0).OrderByDescending(node => node.Sequence).ThenBy(node => node.Id).First();
        var before = parent.WithAllBefore();
        List<DeviceLogNode> merged = keepsRevocations
            ? [.. log.Leaves.Where(node => !before.Contains(node)).OrderByDescending(node => node.Sequence).ThenBy(node => node.Id).Take(DeviceLogLimits.MaxMerged)]
            : [];
        return Sign(log, parent, (identity, _) => new DeviceLogEntry
        {
            Identity = identity,
            Sequence = merged.Select(node => node.Sequence).Append(parent.Sequence).Max() + 1,
            Previous = parent.Id,
            Merged = [.. merged.Select(node => node.Id).Order()],
            Signer = _key.PublicKey,
        });
    }

    private static DeviceLogNode Trunk(DeviceLog log) => log.View switch
    {
        { HeadId: null } => throw Refused("the log is empty"),
        { IsFrozen: true } => throw new DChatException(
            FrozenCode, "The device log is forked: until the recovery key says which branch counts, devices can only be revoked."),
        var view => log.Find(view.HeadId.Value)!,
    };

    private Signed<DeviceLogEntry> Sign(DeviceLog log, DeviceLogNode parent, Func<IdentityId, DeviceLogNode, DeviceLogEntry> make)
    {
        var signed = Signed<DeviceLogEntry>.Sign(log.Network, make(log.Identity, parent), _key);
        var outcome = DeviceLog.Of(log.Network, log.Identity, log.Entries).Apply(signed);
        return outcome == DeviceLogOutcome.Kept ? signed : throw Refused(Explain(outcome));
    }

    private static string Explain(DeviceLogOutcome outcome) => outcome switch
    {
        DeviceLogOutcome.NotPermitted => "the signer is no device of the identity, or may not do this",
        DeviceLogOutcome.BadDevice => "the request is not the device's own for this identity, or the device was there before",
        DeviceLogOutcome.UnknownDevice => "the identity has no such device",
        DeviceLogOutcome.TooManyDevices => $"an identity has at most {DeviceLogLimits.MaxDevices} devices",
        DeviceLogOutcome.TooManyEntries => $"a signer has at most {DeviceLogLimits.MaxEntriesOfSigner} entries of a kind",
        _ => outcome.ToString(),
    };

    private static DChatException Refused(string why) => new(RefusedCode, $"The device log does not take this: {why}.");
}
