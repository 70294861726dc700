using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Checks options when the application starts.</summary>
internal sealed class CircuitOptionsValidator : IValidateOptions<CircuitOptions>
{
    public ValidateOptionsResult Validate(string? name, CircuitOptions options) =>
        options.Validate() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
