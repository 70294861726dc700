using DChat.Core;
using DChat.Tls.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Tls.Hosting;

/// <summary>
/// Ends the start of a client that TLS keeps out, with the fault that says why; leaves other faults to the filter that was there.
/// </summary>
internal sealed class TlsRetryFilter(IClientConnectionRetryFilter? inner, DialFaults faults) : IClientConnectionRetryFilter
{
    /// <summary>How many attempts may end in the handshake: a silo that restarts hangs up as one without TLS does.</summary>
    public const int MaxHangUps = 5;

    private int _hangUps;
    private DChatException? _last;

    /// <summary>Takes the place of the filter that is registered.</summary>
    public static void Decorate(IServiceCollection services)
    {
        var before = services.LastOrDefault(service => service.ServiceType == typeof(IClientConnectionRetryFilter) && !service.IsKeyedService);
        if (before is not null)
        {
            services.Remove(before);
        }

        services.AddSingleton<IClientConnectionRetryFilter>(provider => new TlsRetryFilter(
            (before?.ImplementationInstance
            ?? before?.ImplementationFactory?.Invoke(provider)
            ?? (before?.ImplementationType is { } type ? ActivatorUtilities.CreateInstance(provider, type) : null)) as IClientConnectionRetryFilter,
            provider.GetRequiredService<DialFaults>()));
    }

    // What is wrong with the files is found before anything is dialed.
    private static DChatException? FaultIn(Exception? exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is DChatException { Code: TlsCodes.Unusable or OptionRange.InvalidCode } fault)
            {
                return fault;
            }
        }

        return null;
    }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        // Orleans answers attempts that come too soon with a fault of its own, which says nothing.
        if ((await faults.TakeAsync(cancellationToken).ConfigureAwait(false) ?? FaultIn(exception)) is { } fault)
        {
            _last = fault;
            if (!fault.IsTransient || ++_hangUps >= MaxHangUps)
            {
                throw fault;
            }
        }

        var retries = inner is not null && await inner.ShouldRetryConnectionAttempt(exception, cancellationToken).ConfigureAwait(false);
        return retries || _last is null ? retries : throw _last;
    }
}
