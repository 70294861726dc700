namespace DChat.Core.Merkle;

/// <summary>How many messages <see cref="BatchSha256"/> hashes at once.</summary>
internal enum BatchWidth
{
    /// <summary>One call of the platform's SHA-256 a message.</summary>
    One = 1,

    /// <summary>Vectors of 256 bits.</summary>
    Eight = 8,

    /// <summary>Vectors of 512 bits.</summary>
    Sixteen = 16,
}
