using System.Diagnostics.Metrics;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Scoring;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>The measurements of gossipsub, on the meter <c>DChat.Libp2p</c>. Observed, so that messages do not pay for them.</summary>
internal sealed class GossipInstruments : IDisposable
{
    private readonly Meter _meter;

    internal GossipInstruments(IMeterFactory? factory, GossipCounters counters, Func<GossipGauges> gauges)
    {
        _meter = factory?.Create(Libp2pInstruments.Name) ?? new Meter(Libp2pInstruments.Name);
        Count("stalls", "{stream}", "Streams reset because the peer took nothing.", () => counters.StalledStreams);
        Count("published", "{message}", "Own messages.", () => counters.Published);
        Count("received", "{message}", "Messages that came for the first time.", () => counters.Received);
        Count("duplicates", "{message}", "Further copies of messages.", () => counters.Duplicates);
        _meter.CreateObservableCounter("dchat.libp2p.gossipsub.validated", () => Validated(counters), "{message}", "Messages judged, by verdict.");
        _meter.CreateObservableCounter("dchat.libp2p.gossipsub.dropped", () => Dropped(counters), "{item}", "What was dropped, by kind.");
        _meter.CreateObservableCounter("dchat.libp2p.gossipsub.violations", () => Violations(counters), "{violation}", "What peers did against the rules, by kind.");
        Gauge("peers", "{peer}", "Peers spoken with.", () => gauges().Peers);
        Gauge("validations.pending", "{message}", "Messages with a validator or waiting for one.", () => gauges().Pending);
        Gauge("queue.messages", "{message}", "Messages and entries of ids waiting to be sent, to all peers together.", () => gauges().QueuedMessages);
        Gauge("queue.bytes", "By", "Their bytes.", () => gauges().QueuedBytes);
        Count("introductions", "{peer}", "Peers that others told of when they pruned, and that are to be dialed.", () => counters.Introductions);
        Count("score.cut", "{peer}", "Peers closed and refused for what they did.", () => counters.Cut);
        _meter.CreateObservableGauge("dchat.libp2p.gossipsub.score.peers", () => ScoreBands(gauges()), "{peer}", "Peers spoken with, by what their score costs them.");
        _meter.CreateObservableGauge("dchat.libp2p.gossipsub.mesh.size", () => MeshSizes(gauges()), "{peer}", "Peers in the mesh, by topic.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> MeshSizes(GossipGauges gauges) =>
        gauges.Meshes.Select(m => new Measurement<long>(m.Size, new KeyValuePair<string, object?>("topic", m.Topic)));

    private static IEnumerable<Measurement<long>> ScoreBands(GossipGauges gauges) => gauges.ScoreBands.Select(b => Of("band", NameOf(b.Key), b.Value));

    private static string NameOf(ScoreBand band) => band switch
    {
        ScoreBand.Good => "good",
        ScoreBand.Negative => "negative",
        ScoreBand.NoGossip => "no-gossip",
        ScoreBand.NoPublish => "no-publish",
        _ => "graylisted",
    };

    private static Measurement<long>[] Validated(GossipCounters counters) =>
        [Of("verdict", "accepted", counters.Accepted), Of("verdict", "rejected", counters.Rejected), Of("verdict", "ignored", counters.Ignored),
            Of("verdict", "deferred", counters.Deferred)];

    private static Measurement<long>[] Dropped(GossipCounters counters) =>
    [
        Of("kind", "unwanted", counters.Unwanted),
        Of("kind", "graylisted-rpc", counters.GraylistedRpcs),
        Of("kind", "validations-full", counters.ValidationsFull),
        Of("kind", "validation-late", counters.ValidationsTimedOut),
        Of("kind", "oversized", counters.Oversized),
        Of("kind", "queue-message", counters.DroppedMessages),
        Of("kind", "queue-gossip", counters.DroppedGossip),
        Of("kind", "introduction", counters.DroppedIntroductions),
        Of("kind", "queue-late", counters.DroppedLate),
        Of("kind", "control-over-limit", counters.ControlOverLimit),
    ];

    private static Measurement<long>[] Violations(GossipCounters counters) =>
    [
        Of("kind", "malformed", counters.Malformed),
        Of("kind", "signature", counters.BadSignature),
        Of("kind", "early-graft", counters.EarlyGrafts),
        Of("kind", "graft-flood", counters.GraftFloods),
        Of("kind", "broken-promise", counters.BrokenPromises),
    ];

    private static Measurement<long> Of(string tag, string value, long count) => new(count, new KeyValuePair<string, object?>(tag, value));

    private void Count(string name, string unit, string description, Func<long> observe) =>
        _meter.CreateObservableCounter($"dchat.libp2p.gossipsub.{name}", observe, unit, description);

    private void Gauge(string name, string unit, string description, Func<long> observe) =>
        _meter.CreateObservableGauge($"dchat.libp2p.gossipsub.{name}", observe, unit, description);
}

/// <summary>What gauges show, taken at one moment.</summary>
internal sealed record GossipGauges(
    long Peers,
    long Pending,
    long QueuedMessages,
    long QueuedBytes,
    IReadOnlyList<(string Topic, int Size)> Meshes,
    IReadOnlyDictionary<ScoreBand, int> ScoreBands);
