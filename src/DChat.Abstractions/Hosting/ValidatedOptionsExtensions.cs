using DChat.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DChat.Abstractions.Hosting;

/// <summary>Options that are checked when the host starts.</summary>
public static class ValidatedOptionsExtensions
{
    /// <summary>
    /// Adds options whose own check stops the host at start with an <see cref="OptionsValidationException"/> that carries its
    /// message. Adding them again changes nothing.
    /// </summary>
    /// <param name="services">Where to register them.</param>
    /// <param name="validate">Throws a <see cref="DChatException"/> with <see cref="OptionRange.InvalidCode"/> when an option is out of its range.</param>
    public static OptionsBuilder<TOptions> AddValidatedOptions<TOptions>(this IServiceCollection services, Action<TOptions> validate)
        where TOptions : class
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TOptions>, ValidateWith<TOptions>>(_ => new(validate)));
        return services.AddOptions<TOptions>().ValidateOnStart();
    }

    private sealed class ValidateWith<TOptions>(Action<TOptions> validate) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            try
            {
                validate(options);
                return ValidateOptionsResult.Success;
            }
            catch (DChatException exception) when (exception.Code == OptionRange.InvalidCode)
            {
                return ValidateOptionsResult.Fail(exception.Message);
            }
        }
    }
}
