using DChat.Libp2p.Protocols.Dcutr;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Checks options when the application starts.</summary>
internal sealed class DcutrOptionsValidator : IValidateOptions<DcutrOptions>
{
    public ValidateOptionsResult Validate(string? name, DcutrOptions options) =>
        options.Validate() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
