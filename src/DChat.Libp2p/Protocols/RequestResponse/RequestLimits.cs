namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>What a <see cref="RequestProtocol{TRequest, TResponse}"/> may be set to, and what it is unless set.</summary>
public static class RequestLimits
{
    /// <summary>The most bytes that a request or response may be allowed: 64 MiB. Messages are held whole; larger things are for streams.</summary>
    public const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>The default for requests: 64 KiB. Strangers make a host hold so much for each stream that they may open.</summary>
    public const int DefaultRequestBytes = 64 * 1024;

    /// <summary>The default for responses: 1 MiB.</summary>
    public const int DefaultResponseBytes = 1024 * 1024;

    /// <summary>The longest timeout: an hour.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(1);

    /// <summary>The default timeout: 10 s.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Time that a peer has to end a stream whose response has come, before the caller goes on without.</summary>
    internal static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);
}
