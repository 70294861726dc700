namespace DChat.Core.Statements;

/// <summary>Why a signed statement does not hold.</summary>
public enum StatementFault
{
    /// <summary>It holds.</summary>
    None = 0,

    /// <summary>It is longer than its type allows; nothing of it was parsed.</summary>
    Oversized = 1,

    /// <summary>It is no statement of this type in its one canonical encoding.</summary>
    Malformed = 2,

    /// <summary>It was made for another network.</summary>
    WrongNetwork = 3,

    /// <summary>The key that the statement names did not sign it, for this network and as this type.</summary>
    BadSignature = 4,
}
