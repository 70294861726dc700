namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>The name of a message within its topic: 1 to <see cref="MaxLength"/> bytes. Immutable, compared by value.</summary>
public readonly struct GossipMessageId : IEquatable<GossipMessageId>
{
    /// <summary>The longest id, in bytes; longer ones from peers are passed over.</summary>
    public const int MaxLength = 128;

    private readonly byte[]? _bytes;

    /// <summary>An id with a copy of the bytes.</summary>
    /// <exception cref="ArgumentException">There are none, or more than <see cref="MaxLength"/>.</exception>
    public GossipMessageId(ReadOnlySpan<byte> bytes)
        : this(bytes.ToArray())
    {
        if (bytes.Length is 0 or > MaxLength)
        {
            throw new ArgumentException($"A message id has 1 to {MaxLength} bytes.", nameof(bytes));
        }
    }

    private GossipMessageId(byte[] bytes) => _bytes = bytes;

    /// <summary>The bytes; empty for the default value, which names nothing.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    internal ReadOnlySpan<byte> Span => _bytes;

    /// <summary>Compares by value.</summary>
    public static bool operator ==(GossipMessageId left, GossipMessageId right) => left.Equals(right);

    /// <summary>Compares by value.</summary>
    public static bool operator !=(GossipMessageId left, GossipMessageId right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(GossipMessageId other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GossipMessageId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Peers choose ids, so the hash must have a secret: that of HashCode is drawn anew in every process.
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The bytes in hex.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}
