using System.Text;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Tests.Identity;

/// <summary>An identity with a recovery key and some devices, of which the first is in it.</summary>
internal sealed class Household : IDisposable
{
    public Household(bool hasRecovery = true, int devices = 6)
    {
        Devices = [.. Enumerable.Range(0, devices).Select(number => DeviceSecret.FromSeed(Given.Bytes(32, (byte)(number + 1))))];
        First = DeviceLogSigner.Begin(Given.Network, Devices[0], hasRecovery ? Recovery.PublicKey : null);
        Identity = new IdentityId(DeviceEntryId.Of(First).Value);
        Log = new DeviceLog(Given.Network, Identity);
        Log.Apply(First);
    }

    public DeviceSecret[] Devices { get; }

    public SigningKey Recovery { get; } = SigningKey.FromSeed(Given.Bytes(32, 200));

    public Signed<DeviceLogEntry> First { get; }

    public IdentityId Identity { get; }

    public DeviceLog Log { get; }

    public DeviceKey KeyOf(int device) => Devices[device].PublicKey;

    public SigningKey SignerOf(int? device) => device is { } number ? Devices[number].SigningKey : Recovery;

    public Signed<DeviceRequest> RequestOf(int device) => DeviceLogSigner.Request(Given.Network, Devices[device], Identity);

    /// <summary>Adds devices one after the other, each by the first.</summary>
    public void AddUpTo(int last)
    {
        for (var device = 1; device <= last; device++)
        {
            Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(DeviceLogSigner.Of(Devices[0]).Add(Log, RequestOf(device))));
        }
    }

    /// <summary>An entry after another one, by a device or, with null, the recovery key.</summary>
    public Signed<DeviceLogEntry> After(
        DeviceEntryId previous, ulong sequence, int? signer, int? add = null, int? revoke = null, DeviceEntryId[]? merged = null) =>
        Signed<DeviceLogEntry>.Sign(
            Given.Network,
            new DeviceLogEntry
            {
                Identity = Identity,
                Sequence = sequence,
                Previous = previous,
                Merged = [.. (merged ?? []).Order()],
                Signer = SignerOf(signer).PublicKey,
                Added = add is { } added ? RequestOf(added).Message : null,
                Revoked = revoke is { } revoked ? DeviceRevocation.Create(KeyOf(revoked), []) : null,
            },
            SignerOf(signer));

    public static DeviceEntryId Id(Signed<DeviceLogEntry> entry) => DeviceEntryId.Of(entry);

    /// <summary>Everything that a view says, as text to compare.</summary>
    public static string Tell(DeviceLogView view)
    {
        var text = new StringBuilder($"{view.Head} {view.HeadId} {view.IsFrozen}\n");
        foreach (var device in view.Devices)
        {
            text.Append($"{device.Device} {device.Box} {device.Standing} {device.AddedBy} {device.AddedAt} by {string.Join(',', device.RevokedBy)}\n");
        }

        foreach (var fork in view.Forks)
        {
            text.Append($"fork {fork.Sequence} {string.Join(',', fork.Entries)} keeps {fork.Kept}\n");
        }

        return text.ToString();
    }

    public void Dispose()
    {
        Recovery.Dispose();
        foreach (var device in Devices)
        {
            device.Dispose();
        }
    }
}
