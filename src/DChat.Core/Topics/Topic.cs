using System.Security.Cryptography;
using DChat.Core.Keys;
using NSec.Cryptography;

namespace DChat.Core.Topics;

/// <summary>
/// A conversation as its members know it: a name and a secret, from which its tag and its payload keys derive. Whoever
/// has the secret reads everything and can write. Immutable and thread-safe.
/// </summary>
public sealed class Topic
{
    /// <summary>The longest topic name in bytes of UTF-8.</summary>
    public const int MaxNameLength = 128;

    /// <summary>The length of a topic secret in bytes.</summary>
    public const int SecretLength = 32;

    private readonly byte[] _secret;

    private Topic(string network, string name, byte[] networkBytes, byte[] nameBytes, byte[] secret, bool isPublic)
    {
        Network = network;
        Name = name;
        NetworkBytes = networkBytes;
        NameBytes = nameBytes;
        _secret = secret;
        IsPublic = isPublic;
        Tag = DeriveTag();
    }

    /// <summary>The network the topic belongs to.</summary>
    public string Network { get; }

    /// <summary>The name people see.</summary>
    public string Name { get; }

    /// <summary>Whether anyone who knows network and name can read and write.</summary>
    public bool IsPublic { get; }

    /// <summary>What relays know the topic by.</summary>
    public TopicTag Tag { get; }

    internal byte[] NetworkBytes { get; }

    internal byte[] NameBytes { get; }

    /// <summary>A topic whose secret follows from its network and name, so anyone may join.</summary>
    /// <exception cref="ArgumentException">The network or the name breaks its rule; the message says which.</exception>
    public static Topic Public(string network, string name)
    {
        var networkBytes = NetworkName.Encode(network);
        var nameBytes = EncodeName(name);
        var secret = new byte[SecretLength];
        // No network name contains a zero byte, so no two pairs give the same input.
        KeyDerivation.Derive([.. networkBytes, 0, .. nameBytes], KeyLabels.PublicTopicSecret, [], secret);
        return new Topic(network, name, networkBytes, nameBytes, secret, isPublic: true);
    }

    /// <summary>A topic known by its secret, as an invite carries it.</summary>
    /// <exception cref="ArgumentException">
    /// The network, the name or the length of the secret breaks its rule; the message says which.
    /// </exception>
    public static Topic Private(string network, string name, ReadOnlySpan<byte> secret32) => secret32.Length == SecretLength
        ? new Topic(network, name, NetworkName.Encode(network), EncodeName(name), secret32.ToArray(), isPublic: false)
        : throw new ArgumentException($"A topic secret is {SecretLength} bytes, got {secret32.Length}.", nameof(secret32));

    /// <summary>A new private topic with a secret from the operating system's randomness.</summary>
    /// <exception cref="ArgumentException">The network or the name breaks its rule; the message says which.</exception>
    public static Topic CreatePrivate(string network, string name) =>
        Private(network, name, RandomNumberGenerator.GetBytes(SecretLength));

    /// <summary>A copy of the 32-byte secret. Whoever holds it is a member; clear the array after use.</summary>
    public byte[] ExportSecret() => (byte[])_secret.Clone();

    /// <summary>Network, name and whether the topic is public; never the secret.</summary>
    public override string ToString() => $"{Network}/{Name} ({(IsPublic ? "public" : "private")})";

    /// <summary>The key that seals one author's payloads in one key generation; the caller disposes it.</summary>
    internal Key DerivePayloadKey(uint keyGeneration, AuthorKey author)
    {
        Span<byte> context = stackalloc byte[AuthorContext.Length];
        AuthorContext.Write(context, Tag, keyGeneration, author);

        Span<byte> key = stackalloc byte[KeyDerivation.KeyLength];
        KeyDerivation.Derive(_secret, KeyLabels.PayloadKey, context, key);
        var imported = Key.Import(AeadAlgorithm.XChaCha20Poly1305, key, KeyBlobFormat.RawSymmetricKey);
        CryptographicOperations.ZeroMemory(key);
        return imported;
    }

    /// <summary>Derives 32 bytes that only members know.</summary>
    internal void Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> key) => KeyDerivation.Derive(_secret, label, context, key);

    private static byte[] EncodeName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TopicName.TryEncode(name, out var error) ?? throw new ArgumentException(error, nameof(name));
    }

    private TopicTag DeriveTag()
    {
        Span<byte> routingKey = stackalloc byte[KeyDerivation.KeyLength];
        KeyDerivation.Derive(_secret, KeyLabels.RoutingKey, NetworkBytes, routingKey);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(routingKey, NameBytes, mac);
        CryptographicOperations.ZeroMemory(routingKey);
        return new TopicTag(mac[..TopicTag.Length]);
    }
}
