using DChat.Abstractions.Messages;
using DChat.Core;

namespace DChat.Client.Tests.Fakes;

/// <content>Circuit relay.</content>
internal sealed partial class FakeCluster
{
    /// <summary>How gateways take part in circuit relay, by PeerId.</summary>
    public Dictionary<string, CircuitDescription> Circuits { get; } = [];

    /// <summary>How it stands with relays that gateways are told to reserve at, by address.</summary>
    public Dictionary<string, CircuitRelayDescription> CircuitRelays { get; } = [];

    /// <summary>The same of one gateway alone, by its PeerId; comes before the other.</summary>
    public Dictionary<string, CircuitRelayDescription> CircuitRelaysOf { get; } = [];

    public async Task<CircuitDescription?> DescribeCircuitsAsync(string gateway)
    {
        await AnswerAsync();
        return Circuits.GetValueOrDefault(gateway);
    }

    public async Task<CircuitRelayDescription?> ReserveCircuitAsync(string gateway, string relay)
    {
        await AnswerAsync();
        return Circuits.ContainsKey(gateway)
            ? CircuitRelaysOf.GetValueOrDefault(gateway) ?? CircuitRelays.GetValueOrDefault(relay) ?? throw new DChatException("relay-address-malformed", "That is no address that ends with /p2p and a relay's id.")
            : null;
    }

    public async Task<bool?> ReleaseCircuitAsync(string gateway, string peerId)
    {
        await AnswerAsync();
        return Circuits.ContainsKey(gateway) ? CircuitRelays.Keys.Any(relay => relay.EndsWith(peerId, StringComparison.Ordinal)) : null;
    }
}
