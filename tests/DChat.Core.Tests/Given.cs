using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Sealing;
using DChat.Core.Topics;

namespace DChat.Core.Tests;

/// <summary>What most tests start from, the same in every run.</summary>
internal static class Given
{
    public const string Network = "dchat-test";

    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly Topic Topic = Topic.Private(Network, "tea", Bytes(Topic.SecretLength, 7));

    public static DeviceSecret Device(byte seed = 1) => DeviceSecret.FromSeed(Bytes(DeviceSecret.SeedLength, seed));

    public static EnvelopeSealer Sealer(byte deviceSeed = 1, Topic? topic = null, uint keyGeneration = 0)
    {
        using var device = Device(deviceSeed);
        return new EnvelopeSealer(device, topic ?? Topic, keyGeneration);
    }

    public static HybridTimestamp Hlc(TimeSpan fromNow = default, ushort counter = 0) =>
        HybridTimestamp.Create((Now + fromNow).ToUnixTimeMilliseconds(), counter);

    /// <summary>A small envelope of <see cref="Topic"/>, sealed now.</summary>
    public static byte[] Envelope(ulong sequence = 1, byte deviceSeed = 1)
    {
        using var sealer = Sealer(deviceSeed);
        return sealer.Seal(sequence, Hlc(), RetentionClass.SevenDays, Now, "hello"u8);
    }

    public static byte[] Bytes(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }
}
