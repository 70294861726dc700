using DChat.Abstractions.Grains;
using DChat.Abstractions.Streams;
using DChat.Core;

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
