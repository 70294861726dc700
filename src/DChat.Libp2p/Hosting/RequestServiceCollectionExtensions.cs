using DChat.Libp2p.Protocols.RequestResponse;
using DChat.Libp2p.Streams;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DChat.Libp2p.Hosting;

/// <summary>Puts handlers of requests into a service collection.</summary>
public static class RequestServiceCollectionExtensions
{
    /// <summary>Adds a protocol for the host of <c>AddLibp2p</c> to answer from its start.</summary>
    /// <param name="services">The services.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="create">Makes the handler, once, when the host starts.</param>
    public static IServiceCollection AddRequestHandler<TRequest, TResponse>(
        this IServiceCollection services, RequestProtocol<TRequest, TResponse> protocol, Func<IServiceProvider, RequestHandler<TRequest, TResponse>> create)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(create);
        return services.AddStreamHandler(
            protocol.Id,
            provider => new RequestServer<TRequest, TResponse>(protocol, create(provider), provider.GetRequiredService<ILibp2pHost>().Time).ServeAsync,
            protocol.Limits);
    }

    /// <summary>
    /// Adds a protocol for the host of <c>AddLibp2p</c> to answer from its start. Each request has a scope of services of its own, from
    /// which the handler comes: scoped unless <typeparamref name="THandler"/> was added before in another way.
    /// </summary>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <typeparam name="TRequest">What is asked.</typeparam>
    /// <typeparam name="TResponse">What is answered.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="protocol">The protocol.</param>
    public static IServiceCollection AddRequestHandler<THandler, TRequest, TResponse>(
        this IServiceCollection services, RequestProtocol<TRequest, TResponse> protocol)
        where THandler : class, IRequestHandler<TRequest, TResponse>
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddScoped<THandler>();
        return services.AddRequestHandler(protocol, provider =>
        {
            var scopes = provider.GetRequiredService<IServiceScopeFactory>();
            return async (request, context, cancellationToken) =>
            {
                await using var scope = scopes.CreateAsyncScope();
                return await scope.ServiceProvider.GetRequiredService<THandler>().HandleAsync(request, context, cancellationToken).ConfigureAwait(false);
            };
        });
    }
}
