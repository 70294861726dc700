namespace DChat.Libp2p.Protocols.RequestResponse;

/// <summary>Answers requests: a <see cref="RequestHandler{TRequest, TResponse}"/> as a class, for dependency injection.</summary>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TResponse">What is answered.</typeparam>
public interface IRequestHandler<in TRequest, TResponse>
{
    /// <summary>See <see cref="RequestHandler{TRequest, TResponse}"/>.</summary>
    ValueTask<TResponse> HandleAsync(TRequest request, RequestContext context, CancellationToken cancellationToken);
}
