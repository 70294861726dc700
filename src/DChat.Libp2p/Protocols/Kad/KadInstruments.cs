using System.Diagnostics.Metrics;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Kad;

/// <summary>The measurements of Kademlia, on the meter <c>DChat.Libp2p</c>. Observed, so that messages do not pay for them.</summary>
internal sealed class KadInstruments : IDisposable
{
    private readonly Meter _meter;

    internal KadInstruments(IMeterFactory? factory, KadCounters counters, Func<int> tableSize, Func<int> records, Func<int> providers)
    {
        _meter = factory?.Create(Libp2pInstruments.Name) ?? new Meter(Libp2pInstruments.Name);
        _meter.CreateObservableCounter("dchat.libp2p.kad.lookups", () => counters.Lookups, "{lookup}", "Lookups begun.");
        Count("sent", "{message}", "Requests sent, by type.", counters.Sent);
        Count("unanswered", "{message}", "Requests that were not answered, by type.", counters.Unanswered);
        Count("served", "{message}", "Requests of peers that were served, by type.", counters.Served);
        _meter.CreateObservableCounter("dchat.libp2p.kad.refused", () => Refused(counters), "{message}", "Requests of peers that were refused, by reason.");
        _meter.CreateObservableGauge("dchat.libp2p.kad.table.size", tableSize, "{peer}", "Peers in the routing table.");
        _meter.CreateObservableGauge("dchat.libp2p.kad.records", records, "{record}", "Records kept for others.");
        _meter.CreateObservableGauge("dchat.libp2p.kad.providers", providers, "{provider}", "Providers kept for others.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Refused(KadCounters counters) =>
        Enum.GetValues<KadRefusal>().Select(reason => Of("reason", reason.ToKebab(), counters.Refused(reason)));

    private void Count(string name, string unit, string description, Func<int, long> observe) => _meter.CreateObservableCounter(
        $"dchat.libp2p.kad.{name}", () => KadCounters.Types.Select((type, i) => Of("type", type, observe(i))), unit, description);

    private static Measurement<long> Of(string tag, string value, long count) => new(count, new KeyValuePair<string, object?>(tag, value));
}
