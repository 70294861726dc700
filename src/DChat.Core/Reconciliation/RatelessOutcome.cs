namespace DChat.Core.Reconciliation;

/// <summary>How it stands with a <see cref="RatelessDecoder"/>.</summary>
public enum RatelessOutcome
{
    /// <summary>It takes more symbols.</summary>
    NeedsMore,

    /// <summary>All differences are found.</summary>
    Decoded,

    /// <summary>It cannot be decoded, or not with as many symbols as are allowed: negentropy will find the differences.</summary>
    Failed,
}
