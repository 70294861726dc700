using DChat.Cli.Session;
using DChat.Client;
using DChat.Core.Identity;
using DChat.Core.Keys;

namespace DChat.Cli.Output;

/// <content>Devices and what they share.</content>
internal sealed partial class JsonOutput
{
    /// <inheritdoc/>
    public void Identity(DeviceLogView view, DeviceKey self, Func<DeviceKey, string?> nameOf)
    {
        var identity = view.Identity.ToString();
        Write(
            output,
            new IdentityLine("identity", identity, view.IsFrozen, view.Head, view.Recovery?.ToString(), view.Devices.Count, view.Forks.Count),
            JsonLines.Default.IdentityLine);
        foreach (var device in view.Devices)
        {
            Write(
                output,
                new IdentityDeviceLine(
                    "identity_device",
                    identity,
                    device.Device.ToString(),
                    nameOf(device.Device),
                    DeviceTable.Text(device.Standing),
                    device.AddedAt,
                    device.AddedBy.ToString(),
                    [.. device.RevokedBy.Select(entry => entry.ToString())],
                    device.Device == self ? true : null),
                JsonLines.Default.IdentityDeviceLine);
        }

        foreach (var fork in view.Forks)
        {
            Write(
                output,
                new ForkLine("fork", identity, fork.Sequence, [.. fork.Entries.Select(entry => entry.ToString())], fork.Kept?.ToString()),
                JsonLines.Default.ForkLine);
        }
    }

    /// <inheritdoc/>
    public void RecoveryKey(string key) => Write(output, new RecoveryKeyLine("recovery_key", key), JsonLines.Default.RecoveryKeyLine);

    /// <inheritdoc/>
    public void DeviceRequest(IdentityId identity, DeviceKey device, string request) => Write(
        output, new DeviceRequestLine("device_request", identity.ToString(), device.ToString(), request), JsonLines.Default.DeviceRequestLine);

    /// <inheritdoc/>
    public void DeviceChanged(string change, DeviceKey device, int? authorKeys) =>
        Write(output, new DeviceChangedLine($"device_{change}", device.ToString(), authorKeys), JsonLines.Default.DeviceChangedLine);

    /// <inheritdoc/>
    public void DeviceSynced(DeviceSyncReport report) => Write(
        output,
        new DeviceSyncedLine("device_synced", DeviceTable.Text(report.Standing), report.StatesRead, report.IsWritten, report.TopicsAdded),
        JsonLines.Default.DeviceSyncedLine);

    /// <inheritdoc/>
    public void TopicState(NamedTopic topic, ReadMarker? read, bool isMuted) => Write(
        output,
        new TopicStateLine(
            "topic_state",
            topic.Name,
            topic.Topic.IsPublic,
            read?.Position.ToString(),
            read?.MessageId.ToString(),
            read?.Hlc.ToDateTimeOffset(),
            isMuted),
        JsonLines.Default.TopicStateLine);

    /// <inheritdoc/>
    public void Note(string name, IReadOnlyList<string> texts) =>
        Write(output, new DeviceNoteLine("device_note", name, [.. texts]), JsonLines.Default.DeviceNoteLine);
}
