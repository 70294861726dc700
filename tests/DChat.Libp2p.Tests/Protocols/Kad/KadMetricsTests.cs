using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Protocols.Kad.Wire;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Kad;

public sealed class KadMetricsTests
{
    [Fact]
    public void Everything_that_is_counted_is_measured_under_its_name()
    {
        var counters = new KadCounters();
        counters.CountLookup();
        counters.CountSent(KadMessageType.GetValue);
        counters.CountUnanswered(KadMessageType.FindNode);
        counters.CountServed(KadMessageType.AddProvider);
        counters.Count(KadRefusal.UnknownNamespace);
        counters.Count(KadRefusal.PeerRate);
        using var factory = new Meters();
        using var instruments = new KadInstruments(factory, counters, () => 2, () => 3, () => 4);
        var seen = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Scope == factory) { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => seen[$"{i.Name}{(tags.Length > 0 ? "/" + tags[0].Value : "")}"] = value);
        listener.SetMeasurementEventCallback<int>((i, value, _, _) => seen[i.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        string[] names =
        [
            "lookups=1", "sent/get-value=1", "unanswered/find-node=1", "served/add-provider=1", "refused/unknown-namespace=1", "refused/peer-rate=1",
            "table.size=2", "records=3", "providers=4",
        ];
        Assert.Equal(names.Order(), seen.Where(s => s.Value > 0).Select(s => $"{s.Key["dchat.libp2p.kad.".Length..]}={s.Value}").Order());
    }
}
