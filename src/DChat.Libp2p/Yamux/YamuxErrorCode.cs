namespace DChat.Libp2p.Yamux;

/// <summary>Why a stream is reset: the length of the frame that says so (error-codes/README.md, "Yamux"). The numbers are go-libp2p's.</summary>
internal enum YamuxErrorCode : uint
{
    None = 0,
    NegotiationFailed = 0x1001,
    LimitReached = 0x1002,
    RateLimited = 0x1003,
    ProtocolViolation = 0x1004,
}

/// <summary>What the codes are on this side.</summary>
internal static class YamuxErrorCodes
{
    internal static YamuxErrorCode Of(Libp2pException reason) => reason.Code switch
    {
        Libp2pErrorCodes.NotSupported => YamuxErrorCode.NegotiationFailed,
        Libp2pErrorCodes.LimitReached => YamuxErrorCode.LimitReached,
        Libp2pErrorCodes.ProtocolViolation or Libp2pErrorCodes.Malformed => YamuxErrorCode.ProtocolViolation,
        _ => YamuxErrorCode.None,
    };

    /// <summary>What readers and writers of a stream see that the peer reset. Peers without codes send 0.</summary>
    internal static Libp2pException Fault(YamuxErrorCode code) => code switch
    {
        YamuxErrorCode.LimitReached => new(Libp2pErrorCodes.LimitReached, "The peer refused the stream: it has as many as it takes.", isTransient: true),
        YamuxErrorCode.RateLimited => new(Libp2pErrorCodes.LimitReached, "The peer refused the stream: too many came at once.", isTransient: true),
        _ => new(Libp2pErrorCodes.StreamReset, code == 0 ? "The peer reset the stream." : $"The peer reset the stream with code 0x{(uint)code:x}.", isTransient: true),
    };
}
