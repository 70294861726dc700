using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Interop.Tests.Chat;

/// <summary>What the tests of the envelope start from, the same in every run.</summary>
internal static class Given
{
    public const string Network = "dchat-test";
    public const int ShardBits = 4;

    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly Topic PublicTopic = Topic.Public(Network, "Grüße 🍵");

    public static readonly Topic PrivateTopic = Topic.Private(Network, "tea", Enumerable.Repeat((byte)7, Topic.SecretLength).ToArray());

    public static byte[] Seal(
        Topic topic,
        string text,
        ulong sequence = 1,
        TimeSpan fromNow = default,
        RetentionClass retention = RetentionClass.ThirtyDays,
        string permit = "",
        uint keyGeneration = 0)
    {
        using var device = DeviceSecret.FromSeed(Enumerable.Repeat((byte)1, DeviceSecret.SeedLength).ToArray());
        using var sealer = new EnvelopeSealer(device, topic, keyGeneration);
        var hlc = HybridTimestamp.Create((Now + fromNow).ToUnixTimeMilliseconds(), 0);
        return sealer.Seal(sequence, hlc, retention, Now, Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(permit));
    }
}
