using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.CircuitRelay;

public sealed class CircuitMetricsTests
{
    [Fact]
    public void Everything_that_is_counted_is_measured_under_its_name()
    {
        var counters = new CircuitCounters();
        counters.Count(CircuitRequest.Reserve, CircuitStatus.Ok);
        counters.Count(CircuitRequest.Reserve, CircuitStatus.Ok);
        counters.Count(CircuitRequest.Connect, CircuitStatus.ResourceLimitExceeded);
        counters.Count(CircuitRequest.Other, CircuitStatus.MalformedMessage);
        counters.Carried(100);
        using var factory = new Meters();
        using var relay = new CircuitRelayInstruments(factory, counters, () => 2, () => 3);
        using var own = new AutoRelayInstruments(factory, () => 4);
        var seen = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Scope == factory) { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => seen[string.Join('/', [i.Name, .. tags.ToArray().Select(t => t.Value)])] = value);
        listener.SetMeasurementEventCallback<int>((i, value, _, _) => seen[i.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        string[] names =
        [
            "reservations=2", "circuits=3", "bytes=100", "relays=4",
            "requests/reserve/ok=2", "requests/connect/resource-limit-exceeded=1", "requests/other/malformed-message=1",
        ];
        Assert.Equal(names.Order(), seen.Select(s => $"{s.Key["dchat.libp2p.circuit.".Length..]}={s.Value}").Order());
    }
}
