using DChat.Libp2p.Protocols.Gossip;
using Microsoft.Extensions.Options;

namespace DChat.Libp2p.Hosting;

/// <summary>Checks options when the application starts.</summary>
internal sealed class GossipsubOptionsValidator : IValidateOptions<GossipsubOptions>
{
    public ValidateOptionsResult Validate(string? name, GossipsubOptions options) =>
        options.Validate() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
