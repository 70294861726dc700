using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using DChat.Core;
using DChat.Core.Identity;

namespace DChat.Client;

/// <summary>
/// The values of <see cref="DChatException.Code"/> that the client itself raises. A rejected message carries the code of its
/// <see cref="DChat.Core.Envelopes.RejectionCode"/> instead.
/// </summary>
public static class DChatErrorCodes
{
    /// <summary>The cluster did not answer, or no silo could be reached. Transient.</summary>
    public const string SiloUnavailable = GrainFaults.UnavailableCode;

    /// <summary>A cursor is of another log, ahead of its head or below its floor: the messages in between cannot be read from it.</summary>
    public const string CursorGap = FeedErrors.CursorGap;

    /// <summary>The topic belongs to another network than the cluster.</summary>
    public const string WrongNetwork = "wrong-network";

    /// <summary>The silos are configured with an operator token, and the client has not shown it.</summary>
    public const string OperatorOnly = OperatorOnlyAttribute.ForbiddenCode;

    /// <summary>The device has an identity, or has asked for one.</summary>
    public const string DeviceHasIdentity = "device-has-identity";

    /// <summary>The device has no identity: begin one, or ask for one.</summary>
    public const string DeviceWithoutIdentity = "device-without-identity";

    /// <summary>A text is no request of a device, or is damaged or of another network.</summary>
    public const string DeviceRequestInvalid = "device-request-invalid";

    /// <summary>A request is for another identity than this device's.</summary>
    public const string DeviceRequestForeign = "device-request-foreign";

    /// <summary>The device log is forked: until the recovery key settles it, devices can only be revoked.</summary>
    public const string DeviceLogFrozen = DeviceLogSigner.FrozenCode;

    /// <summary>The device log does not take an entry; the message says why.</summary>
    public const string DeviceLogRefused = DeviceLogSigner.RefusedCode;

    /// <summary>What the devices share is longer than one state may be.</summary>
    public const string SharedStateFull = "shared-state-full";

    /// <summary>As many identities are followed as may be.</summary>
    public const string TooManyIdentities = "too-many-identities";

    /// <summary>The client has been disposed.</summary>
    public const string ClientClosed = FeedErrors.Closed;

    /// <summary>Another process holds the home directory's lock for too long. Transient.</summary>
    public const string HomeLocked = "home-locked";

    /// <summary>A file of the home directory is damaged or not ours; it is left as it is.</summary>
    public const string HomeCorrupt = "home-corrupt";

    /// <summary>The home directory cannot be read or written.</summary>
    public const string HomeUnavailable = "home-unavailable";

    /// <summary>Another topic already stands under that name.</summary>
    public const string TopicExists = "topic-exists";

    /// <summary>The home directory is full of topics.</summary>
    public const string TooManyTopics = "too-many-topics";
}
