namespace DChat.Core.Identity;

/// <summary>
/// What bounds a device log. Who holds no key of the identity adds nothing to it. The limits by signer let nobody crowd out another:
/// a thief with one device's key cannot keep the others from revoking it.
/// </summary>
public static class DeviceLogLimits
{
    /// <summary>The most devices of a path that are not revoked.</summary>
    public const int MaxDevices = 16;

    /// <summary>The most entries by which devices add devices, in all branches. Those of the recovery key do not count.</summary>
    public const int MaxAdded = 40;

    /// <summary>The most entries of one signer that revoke; as many others on top.</summary>
    public const int MaxEntriesOfSigner = 32;

    /// <summary>The most bytes of statements of one signer that revoke.</summary>
    public const int MaxRevocationBytesOfSigner = 32 * 1024;

    /// <summary>The most entries of other branches that one entry merges.</summary>
    public const int MaxMerged = 16;

    /// <summary>The most author keys that one revocation names.</summary>
    public const int MaxCutoffs = 256;
}
