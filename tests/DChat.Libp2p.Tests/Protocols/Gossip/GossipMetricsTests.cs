using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.Gossip;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Gossip;

public sealed class GossipMetricsTests
{
    [Fact]
    public void Everything_that_is_counted_is_measured_under_its_name()
    {
        var counters = new GossipCounters { Published = 1, Received = 2, Duplicates = 3, Accepted = 4, Rejected = 5, Ignored = 6, GraftFloods = 7, DroppedMessages = 8, Cut = 14, GraylistedRpcs = 15, Introductions = 19 };
        using var factory = new Meters();
        Dictionary<ScoreBand, int> bands = new() { [ScoreBand.Good] = 16, [ScoreBand.NoGossip] = 17, [ScoreBand.Graylisted] = 18 };
        using var instruments = new GossipInstruments(factory, counters, () => new GossipGauges(9, 10, 11, 12, [("t", 13)], bands));
        var seen = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Meter.Scope == factory) { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => seen[$"{i.Name}{(tags.Length > 0 ? "/" + tags[0].Value : "")}"] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        string[] names =
        [
            "published=1", "received=2", "duplicates=3", "validated/accepted=4", "validated/rejected=5", "validated/ignored=6",
            "violations/graft-flood=7", "dropped/queue-message=8", "peers=9", "validations.pending=10", "queue.messages=11",
            "queue.bytes=12", "mesh.size/t=13", "score.cut=14", "dropped/graylisted-rpc=15", "score.peers/good=16", "score.peers/no-gossip=17",
            "score.peers/graylisted=18", "introductions=19",
        ];
        Assert.Equal(names.Order(), seen.Where(s => s.Value > 0).Select(s => $"{s.Key["dchat.libp2p.gossipsub.".Length..]}={s.Value}").Order());
    }
}
