using System.Buffers.Binary;
using System.Text;
using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Client.Identities;

/// <summary>
/// The names of what devices share, and how their values are laid out: <c>topic/‹tag›</c> the name a topic goes by, a zero byte and its
/// invite; <c>read/‹tag›</c> HLC (8) ‖ MessageId (32) ‖ log id (16) ‖ sequence (8), big-endian; <c>mute/‹tag›</c> 1 or 0;
/// <c>device/‹key›</c> a name in UTF-8.
/// </summary>
internal static class SharedNames
{
    private const int MarkerLength = sizeof(ulong) + Bytes32.Length + 16 + sizeof(ulong);
    private const string TopicPrefix = "topic/";

    public static string Read(Topic topic) => $"read/{topic.Tag}";

    public static string Mute(Topic topic) => $"mute/{topic.Tag}";

    public static string TopicOf(Topic topic) => $"{TopicPrefix}{topic.Tag}";

    public static string Device(DeviceKey device) => $"device/{device}";

    public static bool IsTopic(string name) => name.StartsWith(TopicPrefix, StringComparison.Ordinal);

    public static byte[] Write(ReadMarker marker)
    {
        var value = new byte[MarkerLength];
        BinaryPrimitives.WriteUInt64BigEndian(value, marker.Hlc.Value);
        marker.MessageId.Value.CopyTo(value.AsSpan(8));
        marker.Position.Log.Value.TryWriteBytes(value.AsSpan(40), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(56), marker.Position.Sequence);
        return value;
    }

    public static ReadMarker? ReadMarker(ReadOnlySpan<byte> value) => value.Length != MarkerLength ? null : new ReadMarker(
        new HybridTimestamp(BinaryPrimitives.ReadUInt64BigEndian(value)),
        new MessageId(new Bytes32(value.Slice(8, Bytes32.Length))),
        new LogPosition(new LogId(new Guid(value.Slice(40, 16), bigEndian: true)), BinaryPrimitives.ReadUInt64BigEndian(value[56..])));

    public static byte[] Write(string name, Topic topic) => [.. Encoding.UTF8.GetBytes(name), 0, .. Encoding.ASCII.GetBytes(TopicInvite.Create(topic))];

    /// <summary>A topic and the name it goes by; null when the value holds none.</summary>
    public static (string Name, Topic Topic)? ReadTopic(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOf((byte)0);
        return end > 0 && TopicInvite.TryParse(Encoding.UTF8.GetString(value[(end + 1)..]), out var topic, out _)
            ? (Encoding.UTF8.GetString(value[..end]), topic)
            : null;
    }
}
