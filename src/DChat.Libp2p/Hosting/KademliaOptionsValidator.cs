using DChat.Libp2p.Protocols.Kad;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Checks options when the application starts.</summary>
internal sealed class KademliaOptionsValidator : IValidateOptions<KademliaOptions>
{
    public ValidateOptionsResult Validate(string? name, KademliaOptions options) =>
        options.Validate() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
