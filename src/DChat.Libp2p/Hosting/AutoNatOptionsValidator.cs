using DChat.Libp2p.Protocols.AutoNat;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Checks options when the application starts.</summary>
internal sealed class AutoNatOptionsValidator : IValidateOptions<AutoNatOptions>
{
    public ValidateOptionsResult Validate(string? name, AutoNatOptions options) =>
        options.Validate() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
