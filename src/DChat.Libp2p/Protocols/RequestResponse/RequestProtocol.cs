using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>
/// A protocol in which one side asks and the other answers. Both sides are given the same one; it never changes, so a static field is
/// its place.
/// </summary>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TResponse">What is answered.</typeparam>
/// <remarks>
/// Each request has a stream of its own. On it go, each way, the length of the payload as an unsigned varint and the payload:
/// <c>uvarint length ‖ payload</c>, as most protocols of libp2p frame theirs. Who asks ends its writing half behind the request, who
/// answers behind the response. A fault has no bytes: the stream is reset, or ends without a response. What a peer should know of a
/// fault, say in the response.
/// </remarks>
public sealed class RequestProtocol<TRequest, TResponse>
{
    private readonly int _maxRequestBytes = RequestLimits.DefaultRequestBytes;
    private readonly int _maxResponseBytes = RequestLimits.DefaultResponseBytes;
    private readonly TimeSpan _timeout = RequestLimits.DefaultTimeout;

    /// <summary>A protocol.</summary>
    /// <param name="id">What it is called on the wire, such as <c>/weather/1.0.0</c>.</param>
    /// <param name="requests">How requests become bytes.</param>
    /// <param name="responses">How responses become bytes.</param>
    public RequestProtocol(string id, IMessageCodec<TRequest> requests, IMessageCodec<TResponse> responses)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(responses);
        (Id, Requests, Responses) = (id, requests, responses);
    }

    /// <summary>What it is called on the wire.</summary>
    public string Id { get; }

    /// <summary>How requests become bytes.</summary>
    public IMessageCodec<TRequest> Requests { get; }

    /// <summary>How responses become bytes.</summary>
    public IMessageCodec<TResponse> Responses { get; }

    /// <summary>The longest request that is sent or read, in bytes of payload. Default 64 KiB; 1 to <see cref="RequestLimits.MaxMessageBytes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not within its range.</exception>
    public int MaxRequestBytes { get => _maxRequestBytes; init => _maxRequestBytes = Checked(value, nameof(MaxRequestBytes)); }

    /// <summary>The longest response that is sent or read, in bytes of payload. Default 1 MiB; 1 to <see cref="RequestLimits.MaxMessageBytes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not within its range.</exception>
    public int MaxResponseBytes { get => _maxResponseBytes; init => _maxResponseBytes = Checked(value, nameof(MaxResponseBytes)); }

    /// <summary>
    /// For who asks: the time from the call to the response, connecting included. For who answers: the time from the stream to the
    /// response, after which the handler's token fires. Default 10 s; above zero, up to <see cref="RequestLimits.MaxTimeout"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not within its range.</exception>
    public TimeSpan Timeout
    {
        get => _timeout;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, nameof(Timeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, RequestLimits.MaxTimeout, nameof(Timeout));
            _timeout = value;
        }
    }

    /// <summary>
    /// Requests of a peer under way, where this host serves the protocol. A host that only asks has
    /// <c>Libp2pOptions.OutboundStreams</c> and <c>LimitedProtocols</c> for that. Default: <see cref="ProtocolLimits.Default"/>.
    /// </summary>
    public ProtocolLimits Limits { get; init; } = ProtocolLimits.Default;

    private static int Checked(int bytes, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, RequestLimits.MaxMessageBytes, name);
        return bytes;
    }
}
