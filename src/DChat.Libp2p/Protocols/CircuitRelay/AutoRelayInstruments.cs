using System.Diagnostics.Metrics;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>The measurement of reservations at relays, on the meter <c>DChat.Libp2p</c>.</summary>
internal sealed class AutoRelayInstruments : IDisposable
{
    private readonly Meter _meter;

    internal AutoRelayInstruments(IMeterFactory? factory, Func<int> reserved)
    {
        _meter = factory?.Create(Libp2pInstruments.Name) ?? new Meter(Libp2pInstruments.Name);
        _meter.CreateObservableGauge("dchat.libp2p.circuit.relays", reserved, "{relay}", "Relays that hold a reservation for this host.");
    }

    public void Dispose() => _meter.Dispose();
}
