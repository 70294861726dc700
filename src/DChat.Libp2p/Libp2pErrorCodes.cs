namespace DChat.Libp2p;

/// <summary>The values of <see cref="Libp2pException.Code"/>.</summary>
public static class Libp2pErrorCodes
{
    /// <summary>Bytes or text are not what the format allows.</summary>
    public const string Malformed = "malformed";

    /// <summary>A signature does not verify.</summary>
    public const string BadSignature = "bad-signature";

    /// <summary>The authenticated peer is not the one that was dialed.</summary>
    public const string PeerMismatch = "peer-mismatch";

    /// <summary>The Noise handshake failed.</summary>
    public const string HandshakeFailed = "handshake-failed";

    /// <summary>The two sides share no protocol.</summary>
    public const string NotSupported = "protocol-not-supported";

    /// <summary>The peer broke a rule of a protocol.</summary>
    public const string ProtocolViolation = "protocol-violation";

    /// <summary>The peer or this side reset the stream.</summary>
    public const string StreamReset = "stream-reset";

    /// <summary>The connection is closed.</summary>
    public const string ConnectionClosed = "connection-closed";

    /// <summary>The peer ended a request without a response: its handler failed or does not want to answer.</summary>
    public const string RequestFailed = "request-failed";

    /// <summary>A named limit is reached.</summary>
    public const string LimitReached = "limit-reached";

    /// <summary>A named timeout passed.</summary>
    public const string TimedOut = "timed-out";

    /// <summary>No address of the peer is known, or no transport takes it.</summary>
    public const string NoAddress = "no-address";

    /// <summary>Every address of the peer failed.</summary>
    public const string DialFailed = "dial-failed";

    /// <summary>The peer is not connected and was not to be dialed.</summary>
    public const string NotConnected = "not-connected";

    /// <summary>Every address of the peer failed a short while ago and is not tried again yet.</summary>
    public const string DialBackoff = "dial-backoff";

    /// <summary>A name in an address cannot be resolved.</summary>
    public const string NameFailed = "name-failed";

    /// <summary>The connection gater or a filter refused.</summary>
    public const string Gated = "gated";

    /// <summary>The peer is reached through a relay only, which the protocol does not use.</summary>
    public const string LimitedConnection = "limited-connection";

    /// <summary>The address is in use or cannot be listened on.</summary>
    public const string ListenFailed = "listen-failed";
}
