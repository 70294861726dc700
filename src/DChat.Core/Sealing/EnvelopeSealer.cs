using System.Security.Cryptography;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Topics;
using DChat.Core.Wire;
using NSec.Cryptography;

namespace DChat.Core.Sealing;

/// <summary>Seals and signs one device's messages to one topic in one key generation. Thread-safe until disposed.</summary>
public sealed class EnvelopeSealer : IDisposable
{
    private readonly Topic _topic;
    private readonly uint _keyGeneration;
    private readonly DeviceKey _device;
    private readonly byte[] _authorSeed;
    private readonly byte[] _certificate;
    private readonly DerivedKeys _keys;
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>Derives the keys.</summary>
    /// <param name="device">The sender; not used after the constructor, so it may be disposed.</param>
    /// <param name="topic">Where the messages go.</param>
    /// <param name="keyGeneration">Which keys to derive. Author keys of different generations cannot be linked by relays.</param>
    public EnvelopeSealer(DeviceSecret device, Topic topic, uint keyGeneration = 0)
        : this(device, topic, keyGeneration, DerivedKeys.OfProcess)
    {
    }

    internal EnvelopeSealer(DeviceSecret device, Topic topic, uint keyGeneration, DerivedKeys keys)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(topic);
        _topic = topic;
        _keyGeneration = keyGeneration;
        _device = device.PublicKey;
        _keys = keys;
        _authorSeed = device.DeriveAuthorSeed(topic.Tag, keyGeneration);
        using (var authorKey = SigningKey.FromSeed(_authorSeed))
        {
            Author = new AuthorKey(authorKey.PublicKey);
        }

        _certificate = AuthorCertificate.Create(device, topic.Tag, keyGeneration, Author);
    }

    /// <summary>The longest content in bytes, whatever the network name and the permit.</summary>
    public static int MaxContentLength => Payload.MaxContentLength;

    /// <summary>The author key under which relays see these messages.</summary>
    public AuthorKey Author { get; }

    /// <summary>Makes an envelope. Its length depends on the content's only by the padding bucket.</summary>
    /// <param name="sequence">From 1, never used twice under one author key: receivers take that for equivocation.</param>
    /// <param name="hlc">From the device's clock at the time of sending: relays refuse old and future ones.</param>
    /// <param name="retention">How long to keep the message; above thirty days a permit must pay for it.</param>
    /// <param name="composedAt">When the user wrote it, kept to the millisecond; only members of the topic see it.</param>
    /// <param name="content">At most <see cref="MaxContentLength"/> bytes; may be empty.</param>
    /// <param name="permit">At most <see cref="EnvelopeLimits.MaxPermitLength"/> bytes; empty for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of the range stated above.</exception>
    /// <exception cref="ObjectDisposedException">The sealer is disposed.</exception>
    public byte[] Seal(
        ulong sequence,
        HybridTimestamp hlc,
        RetentionClass retention,
        DateTimeOffset composedAt,
        ReadOnlySpan<byte> content,
        ReadOnlySpan<byte> permit = default)
    {
        Span<byte> nonce = stackalloc byte[EnvelopeLimits.NonceLength];
        RandomNumberGenerator.Fill(nonce);
        return Seal(sequence, hlc, retention, composedAt, content, permit, nonce);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            CryptographicOperations.ZeroMemory(_authorSeed);
            _keys.Forget(this);
        }
    }

    /// <summary>Seals under a given nonce, for golden vectors: using one twice under a key gives the plaintexts away.</summary>
    internal byte[] Seal(
        ulong sequence,
        HybridTimestamp hlc,
        RetentionClass retention,
        DateTimeOffset composedAt,
        ReadOnlySpan<byte> content,
        ReadOnlySpan<byte> permit,
        ReadOnlySpan<byte> nonce)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sequence);
        RetentionClasses.ThrowIfUnknown(retention);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContentLength, nameof(content));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(permit.Length, EnvelopeLimits.MaxPermitLength, nameof(permit));

        var ciphertextLength = Payload.BucketFor(content.Length) + PayloadSeal.TagLength;
        var bodyLength = HeaderLength(sequence, retention)
            + WireWriter.BytesFieldLength(ciphertextLength)
            + (permit.IsEmpty ? 0 : WireWriter.BytesFieldLength(permit.Length));
        var envelope = new byte[WireWriter.BytesFieldLength(bodyLength) + WireWriter.BytesFieldLength(EnvelopeLimits.SignatureLength)];
        var outer = new WireWriter(envelope);
        var body = outer.ReserveBytes(EnvelopeFields.Body, bodyLength);

        var fields = new WireWriter(body);
        WriteHeader(ref fields, sequence, hlc, retention, nonce);
        var header = body[..fields.Position];
        var ciphertext = fields.ReserveBytes(EnvelopeFields.Ciphertext, ciphertextLength);
        var encodedPermit = body[fields.Position..];
        if (!permit.IsEmpty)
        {
            permit.CopyTo(fields.ReserveBytes(EnvelopeFields.Permit, permit.Length));
        }

        Payload.Write(ciphertext[..^PayloadSeal.TagLength], _device, _certificate, composedAt, content);
        Encrypt(nonce, header, encodedPermit, ciphertext);
        Sign(body, outer.ReserveBytes(EnvelopeFields.Signature, EnvelopeLimits.SignatureLength));
        return envelope;
    }

    private void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> header, ReadOnlySpan<byte> permit, Span<byte> ciphertext)
    {
        var key = Rent(DerivedKeyUse.Payload);
        try
        {
            PayloadSeal.Encrypt(key.Key, nonce, header, permit, ciphertext);
        }
        finally
        {
            _keys.Return(key);
        }
    }

    private void Sign(ReadOnlySpan<byte> body, Span<byte> signature)
    {
        var key = Rent(DerivedKeyUse.Signature);
        try
        {
            LabelledSignature.Sign(key.Key, KeyLabels.Envelope, body, signature);
        }
        finally
        {
            _keys.Return(key);
        }
    }

    // Under the lock, so that no key is derived from a seed that is being wiped, nor kept after the owner is gone.
    private DerivedKey Rent(DerivedKeyUse use)
    {
        var id = IdOf(use);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _keys.Rent(id) ?? _keys.AddAndRent(id, Derive(use));
        }
    }

    private Key Derive(DerivedKeyUse use) => use == DerivedKeyUse.Payload
        ? _topic.DerivePayloadKey(_keyGeneration, Author)
        : Key.Import(SignatureAlgorithm.Ed25519, _authorSeed, KeyBlobFormat.RawPrivateKey);

    private DerivedKeyId IdOf(DerivedKeyUse use) => new(this, Author, _keyGeneration, use);

    private int HeaderLength(ulong sequence, RetentionClass retention) =>
        1 + WireWriter.VarintLength(Envelope.Version)
        + WireWriter.BytesFieldLength(_topic.NetworkBytes.Length)
        + WireWriter.BytesFieldLength(TopicTag.Length)
        + WireWriter.BytesFieldLength(Bytes32.Length)
        + 1 + WireWriter.VarintLength(sequence)
        + 1 + sizeof(ulong)
        + 1 + WireWriter.VarintLength((ulong)retention)
        + 1 + WireWriter.VarintLength(_keyGeneration)
        + WireWriter.BytesFieldLength(EnvelopeLimits.NonceLength);

    private void WriteHeader(
        ref WireWriter fields, ulong sequence, HybridTimestamp hlc, RetentionClass retention, ReadOnlySpan<byte> nonce)
    {
        fields.WriteVarint(EnvelopeFields.Version, Envelope.Version);
        _topic.NetworkBytes.CopyTo(fields.ReserveBytes(EnvelopeFields.Network, _topic.NetworkBytes.Length));
        _topic.Tag.CopyTo(fields.ReserveBytes(EnvelopeFields.TopicTag, TopicTag.Length));
        Author.Value.CopyTo(fields.ReserveBytes(EnvelopeFields.AuthorKey, Bytes32.Length));
        fields.WriteVarint(EnvelopeFields.Sequence, sequence);
        fields.WriteFixed64(EnvelopeFields.Hlc, hlc.Value);
        fields.WriteVarint(EnvelopeFields.Class, (ulong)retention);
        fields.WriteVarint(EnvelopeFields.KeyGeneration, _keyGeneration);
        nonce.CopyTo(fields.ReserveBytes(EnvelopeFields.Nonce, EnvelopeLimits.NonceLength));
    }
}
