using System.Diagnostics.Metrics;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.AutoNat;

/// <summary>The measurements of AutoNAT, on the meter <c>DChat.Libp2p</c>.</summary>
internal sealed class AutoNatInstruments : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _asked;
    private readonly Counter<long> _served;

    internal AutoNatInstruments(IMeterFactory? factory, Func<Reachability, int> addresses)
    {
        _meter = factory?.Create(Libp2pInstruments.Name) ?? new Meter(Libp2pInstruments.Name);
        _asked = _meter.CreateCounter<long>("dchat.libp2p.autonat.asked", "{request}", "Requests to servers, by outcome.");
        _served = _meter.CreateCounter<long>("dchat.libp2p.autonat.served", "{request}", "Requests of peers, by outcome.");
        _meter.CreateObservableGauge(
            "dchat.libp2p.autonat.addresses",
            () => Enum.GetValues<Reachability>().Select(r => new Measurement<int>(addresses(r), Tag("reachability", r))),
            "{address}",
            "Addresses of this host that servers are asked about, by reachability.");
    }

    public void Dispose() => _meter.Dispose();

    internal void Asked(DialBackOutcome outcome) => _asked.Add(1, Tag("outcome", outcome));

    internal void Served(ServedRequest outcome) => _served.Add(1, Tag("outcome", outcome));

    private static KeyValuePair<string, object?> Tag(string name, Enum value) => new(name, value.ToKebab());
}
