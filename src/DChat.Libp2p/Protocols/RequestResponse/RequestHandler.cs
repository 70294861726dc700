namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Answers a request. Called for several at once. When it throws, the peer learns that it failed and not why.</summary>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TResponse">What is answered.</typeparam>
/// <param name="request">The request.</param>
/// <param name="context">Where it comes from.</param>
/// <param name="cancellationToken">
/// Fires when the peer has given up, when the protocol's timeout has passed and when the host stops. Heed it: the request keeps its
/// place until the handler returns.
/// </param>
public delegate ValueTask<TResponse> RequestHandler<in TRequest, TResponse>(TRequest request, RequestContext context, CancellationToken cancellationToken);
