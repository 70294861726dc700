using DChat.Core;
using Microsoft.Extensions.Options;

namespace DChat.Client;

/// <summary>Stops a host at start when an option is out of its range.</summary>
internal sealed class DChatClientOptionsValidator : IValidateOptions<DChatClientOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, DChatClientOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (DChatException failure)
        {
            return ValidateOptionsResult.Fail(failure.Message);
        }
    }
}
