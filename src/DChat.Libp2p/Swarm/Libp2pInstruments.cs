using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DChat.Libp2p.Swarm;

/// <summary>The measurements of a host, on the meter <c>DChat.Libp2p</c>, and its spans, on the source of that name.</summary>
internal sealed class Libp2pInstruments : IDisposable
{
    internal const string Name = "DChat.Libp2p";

    internal static readonly ActivitySource Activities = new(Name);

    private readonly Meter _meter;
    private readonly UpDownCounter<int> _connections;
    private readonly UpDownCounter<int> _streams;
    private readonly Counter<long> _refusedConnections;
    private readonly Counter<long> _evictedConnections;
    private readonly Counter<long> _refusedStreams;
    private readonly Counter<long> _dials;
    private readonly Histogram<double> _dialDuration;

    internal Libp2pInstruments(IMeterFactory? factory)
    {
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _connections = _meter.CreateUpDownCounter<int>("dchat.libp2p.connections", "{connection}", "Open connections, by direction.");
        _streams = _meter.CreateUpDownCounter<int>("dchat.libp2p.streams", "{stream}", "Open streams, by protocol and direction.");
        _refusedConnections = _meter.CreateCounter<long>("dchat.libp2p.connections.refused", "{connection}", "Connections refused, by reason.");
        _evictedConnections = _meter.CreateCounter<long>("dchat.libp2p.connections.evicted", "{connection}", "Open connections closed to make room for others, by reason: limit or trim.");
        _refusedStreams = _meter.CreateCounter<long>("dchat.libp2p.streams.refused", "{stream}", "Inbound streams over the limit of their protocol.");
        _dials = _meter.CreateCounter<long>("dchat.libp2p.dials", "{dial}", "Dials, by result: ok or the error code.");
        _dialDuration = _meter.CreateHistogram<double>("dchat.libp2p.dial.duration", "s", "Time from the first attempt to a usable connection.");
    }

    /// <summary>Measures what a host holds for its peers, whenever somebody looks.</summary>
    internal void Observe(IResourceManager resources)
    {
        _meter.CreateObservableUpDownCounter("dchat.libp2p.memory", () => resources.Usage.Memory, "By", "Memory held for peers.");
        _meter.CreateObservableUpDownCounter(
            "dchat.libp2p.connections.closing", () => resources.Usage.ClosingConnections, "{connection}", "Connections that have lost their places and are not gone yet.");
        _meter.CreateObservableCounter("dchat.libp2p.resources.refused", () => Refusals(resources), "{refusal}", "Streams and memory refused, by resource and scope.");
        _meter.CreateObservableCounter(
            "dchat.libp2p.resources.shed", () => resources.Shed, "{connection}", "Connections that had to give streams or memory back for the sake of other networks.");
    }

    internal void ConnectionOpened(Direction direction) => _connections.Add(1, Tag(direction));

    internal void ConnectionClosed(Direction direction) => _connections.Add(-1, Tag(direction));

    internal void ConnectionRefused(string reason) => _refusedConnections.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void ConnectionEvicted(string reason) => _evictedConnections.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal void StreamOpened(string protocol, Direction direction) => _streams.Add(1, new("protocol", protocol), Tag(direction));

    internal void StreamClosed(string protocol, Direction direction) => _streams.Add(-1, new("protocol", protocol), Tag(direction));

    internal void StreamRefused(string protocol) => _refusedStreams.Add(1, new KeyValuePair<string, object?>("protocol", protocol));

    internal void Dialed(string result, TimeSpan duration)
    {
        _dials.Add(1, new KeyValuePair<string, object?>("result", result));
        if (result == "ok")
        {
            _dialDuration.Record(duration.TotalSeconds);
        }
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Refusals(IResourceManager resources) =>
        resources.Refusals.Select(r => new Measurement<long>(r.Count, new("resource", NameOf(r.Resource)), new("scope", NameOf(r.Scope))));

    private static string NameOf(ResourceKind resource) => resource switch
    {
        ResourceKind.InboundStreams => "inbound-streams",
        ResourceKind.OutboundStreams => "outbound-streams",
        _ => "memory",
    };

    private static string NameOf(ResourceScopeKind scope) => scope switch
    {
        ResourceScopeKind.Host => "host",
        ResourceScopeKind.Network => "network",
        ResourceScopeKind.Peer => "peer",
        ResourceScopeKind.Protocol => "protocol",
        _ => "peer-protocol",
    };

    private static KeyValuePair<string, object?> Tag(Direction direction) =>
        new("direction", direction == Direction.Inbound ? "inbound" : "outbound");
}
