using DChat.Core.Clocks;
using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Envelopes;

/// <summary>
/// The fields of a canonical envelope, as spans into its bytes: valid for as long as those are. Made by
/// <see cref="Envelope.TryRead"/>; says nothing about the signature.
/// </summary>
public readonly ref struct EnvelopeView
{
    /// <summary>Field 1: always <see cref="Envelope.Version"/>.</summary>
    public uint Version { get; internal init; }

    /// <summary>Field 2: the network name in ASCII, see <see cref="NetworkName"/>.</summary>
    public ReadOnlySpan<byte> Network { get; internal init; }

    /// <summary>Field 3: the topic.</summary>
    public TopicTag TopicTag { get; internal init; }

    /// <summary>Field 4: whose signature the envelope carries.</summary>
    public AuthorKey AuthorKey { get; internal init; }

    /// <summary>Field 5: the author's count of messages under this key, from 1.</summary>
    public ulong Sequence { get; internal init; }

    /// <summary>Field 6: when the author sealed the message.</summary>
    public HybridTimestamp Hlc { get; internal init; }

    /// <summary>Field 7: how long to keep the message.</summary>
    public RetentionClass Class { get; internal init; }

    /// <summary>Field 8: the generation of author and payload keys.</summary>
    public uint KeyGeneration { get; internal init; }

    /// <summary>Field 9: 24 random bytes.</summary>
    public ReadOnlySpan<byte> Nonce { get; internal init; }

    /// <summary>Field 10: the sealed payload.</summary>
    public ReadOnlySpan<byte> Ciphertext { get; internal init; }

    /// <summary>Field 11: what pays for a longer class; empty when absent.</summary>
    public ReadOnlySpan<byte> Permit { get; internal init; }

    /// <summary>The encoded fields 1–11, which the signature covers.</summary>
    public ReadOnlySpan<byte> Body { get; internal init; }

    /// <summary>64 bytes of Ed25519.</summary>
    public ReadOnlySpan<byte> Signature { get; internal init; }

    /// <summary>The encoded fields 1–9, tags and lengths included.</summary>
    internal ReadOnlySpan<byte> EncodedHeader { get; init; }

    /// <summary>The encoded field 11, tag and length included; empty when absent.</summary>
    internal ReadOnlySpan<byte> EncodedPermit { get; init; }
}
