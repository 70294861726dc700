namespace DChat.Core.Identity;

/// <summary>How a device stands with an identity. The numbers are stable.</summary>
public enum DeviceStanding
{
    /// <summary>It is none of the identity's.</summary>
    Unknown = 0,

    /// <summary>It is a device of the identity.</summary>
    Active = 1,

    /// <summary>It was added in a fork; it counts when the recovery key settles the fork that way.</summary>
    Suspended = 2,

    /// <summary>It was revoked, for good.</summary>
    Revoked = 3,
}
