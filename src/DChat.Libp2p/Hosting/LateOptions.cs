using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>What is configured when the host is made, after everything else.</summary>
internal sealed record LateOptions<TOptions>(Action<TOptions, IServiceProvider> Configure)
    where TOptions : class
{
    /// <summary>The options, complete and checked.</summary>
    /// <exception cref="OptionsValidationException">One is out of range.</exception>
    internal static TOptions Complete(IServiceProvider services, Func<TOptions, IReadOnlyList<string>> validate)
    {
        var options = services.GetRequiredService<IOptions<TOptions>>().Value;
        foreach (var late in services.GetServices<LateOptions<TOptions>>())
        {
            late.Configure(options, services);
        }

        return validate(options) is { Count: > 0 } faults ? throw new OptionsValidationException(Options.DefaultName, typeof(TOptions), faults) : options;
    }
}
