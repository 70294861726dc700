using System.Text;
using DChat.Client.Identities;
using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Client.Devices;

/// <summary>
/// What the devices of a person share, as far as this one knows: it is read and written here without a silo, and
/// <see cref="IDChatDevices.SyncAsync"/> exchanges it. Thread-safe.
/// </summary>
public sealed class SharedBook
{
    private readonly IIdentityStore _store;
    private readonly DeviceKey _device;

    internal SharedBook(IIdentityStore store, DeviceKey device, TimeProvider time)
    {
        _store = store;
        _device = device;
        Clock = new HybridLogicalClock(time);
    }

    internal HybridLogicalClock Clock { get; }

    /// <summary>What the devices call one of them; null when nothing.</summary>
    public string? NameOf(DeviceKey device) => Register(SharedNames.Device(device)) is { } name ? Encoding.UTF8.GetString(name.Span) : null;

    /// <summary>Names a device. The last name counts.</summary>
    /// <exception cref="ArgumentException">The name is too long: see <see cref="SharedState"/>.</exception>
    public Task SetNameAsync(DeviceKey device, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return WriteAsync(SharedNames.Device(device), Encoding.UTF8.GetBytes(name), cancellationToken);
    }

    /// <summary>Up to where the person has read a topic, on whatever device; null when they have not.</summary>
    public ReadMarker? ReadMarkerOf(Topic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return Register(SharedNames.Read(topic)) is { } marker ? SharedNames.ReadMarker(marker.Span) : null;
    }

    /// <summary>Marks a topic as read up to a message. The last mark counts.</summary>
    public Task MarkReadAsync(ReceivedMessage through, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(through);
        var marker = new ReadMarker(through.Hlc, through.MessageId, through.Position);
        return WriteAsync(SharedNames.Read(through.Topic), SharedNames.Write(marker), cancellationToken);
    }

    /// <summary>Whether the person wants no notice of a topic.</summary>
    public bool IsMuted(Topic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return Register(SharedNames.Mute(topic)) is { } value && value.Span.SequenceEqual("1"u8);
    }

    /// <summary>Mutes a topic, or no longer. The last word counts.</summary>
    public Task SetMutedAsync(Topic topic, bool isMuted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return WriteAsync(SharedNames.Mute(topic), (isMuted ? "1"u8 : "0"u8).ToArray(), cancellationToken);
    }

    /// <summary>The values of a field. Several, when devices that did not know of each other wrote it.</summary>
    public IReadOnlyList<string> Field(string name) => [.. _store.Read().State.Field(name).Values.Select(value => Encoding.UTF8.GetString(value.Span))];

    /// <summary>Writes a field in place of all values that it has here.</summary>
    /// <exception cref="ArgumentException">The name or the value is too long: see <see cref="SharedState"/>.</exception>
    public async Task WriteFieldAsync(string name, string value, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        await _store.UpdateAsync(
            record => record with { State = record.State.WriteField(name, _device, Encoding.UTF8.GetBytes(value)) }, cancellationToken).ConfigureAwait(false);
    }

    private ReadOnlyMemory<byte>? Register(string name) => _store.Read().State.Registers.Find(name)?.Value;

    private async Task WriteAsync(string name, byte[] value, CancellationToken cancellationToken) => await _store.UpdateAsync(
        record => record with { State = record.State.Write(name, Clock.Next(), _device, value) }, cancellationToken).ConfigureAwait(false);
}
