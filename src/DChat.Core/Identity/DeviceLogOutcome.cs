namespace DChat.Core.Identity;

/// <summary>What came of bringing an entry to a device log. The numbers are stable.</summary>
public enum DeviceLogOutcome
{
    /// <summary>It holds and is kept. Whether it has an effect is said by the log's view: what is added in a fork has none until the fork is settled.</summary>
    Kept = 0,

    /// <summary>It was there.</summary>
    Known = 1,

    /// <summary>An entry that it follows is not known: bring that first.</summary>
    Early = 2,

    /// <summary>It is of another identity or network.</summary>
    Foreign = 3,

    /// <summary>Its sequence is not one more than the greatest of those it follows.</summary>
    BadSequence = 4,

    /// <summary>Its signer is no device there, or was revoked there, or does what only the recovery key may.</summary>
    NotPermitted = 5,

    /// <summary>The device that it adds did not ask for it, or was there before.</summary>
    BadDevice = 6,

    /// <summary>It revokes a device that was not there.</summary>
    UnknownDevice = 7,

    /// <summary>There are as many devices as there may be.</summary>
    TooManyDevices = 8,

    /// <summary>Its signer has as many entries as it may have.</summary>
    TooManyEntries = 9,
}
