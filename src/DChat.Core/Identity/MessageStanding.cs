namespace DChat.Core.Identity;

/// <summary>What the known device logs say of a message. The numbers are stable.</summary>
public enum MessageStanding
{
    /// <summary>No known identity has its device: nothing is said.</summary>
    Unknown = 0,

    /// <summary>A device of an identity wrote it, or one that was revoked, before it was.</summary>
    Valid = 1,

    /// <summary>Its device was added in a fork that is not settled.</summary>
    Suspended = 2,

    /// <summary>Its device was revoked, and the message is none of those that the revocation names as valid.</summary>
    Revoked = 3,
}
