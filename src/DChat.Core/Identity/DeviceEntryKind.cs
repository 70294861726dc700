namespace DChat.Core.Identity;

/// <summary>What an entry of a device log does.</summary>
public enum DeviceEntryKind
{
    /// <summary>It begins the identity, with its first device.</summary>
    First = 1,

    /// <summary>It adds a device.</summary>
    Add = 2,

    /// <summary>It revokes a device.</summary>
    Revoke = 3,

    /// <summary>The recovery key says which branch of a fork counts.</summary>
    Settle = 4,
}
