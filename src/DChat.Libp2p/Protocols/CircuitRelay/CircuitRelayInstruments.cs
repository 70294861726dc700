using System.Diagnostics.Metrics;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>The measurements of a relay, on the meter <c>DChat.Libp2p</c>. Observed, so that circuits do not pay for them.</summary>
internal sealed class CircuitRelayInstruments : IDisposable
{
    private readonly Meter _meter;

    internal CircuitRelayInstruments(IMeterFactory? factory, CircuitCounters counters, Func<int> reservations, Func<int> circuits)
    {
        _meter = factory?.Create(Libp2pInstruments.Name) ?? new Meter(Libp2pInstruments.Name);
        _meter.CreateObservableGauge("dchat.libp2p.circuit.reservations", reservations, "{reservation}", "Reservations held for peers.");
        _meter.CreateObservableGauge("dchat.libp2p.circuit.circuits", circuits, "{circuit}", "Circuits open between peers.");
        _meter.CreateObservableCounter("dchat.libp2p.circuit.bytes", () => counters.Bytes, "By", "Bytes that circuits have carried, both directions together.");
        _meter.CreateObservableCounter(
            "dchat.libp2p.circuit.requests", () => counters.Answers.Select(Measure), "{request}", "Requests of peers, by request (reserve, connect, other) and status.");
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<long> Measure((CircuitRequest Request, CircuitStatus Status, long Count) answer) => new(
        answer.Count,
        new KeyValuePair<string, object?>("request", answer.Request.ToString().ToLowerInvariant()),
        new KeyValuePair<string, object?>("status", answer.Status.ToName()));
}
