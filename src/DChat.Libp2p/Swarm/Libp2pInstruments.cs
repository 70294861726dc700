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

    private static KeyValuePair<string, object?> Tag(Direction direction) =>
        new("direction", direction == Direction.Inbound ? "inbound" : "outbound");
}
