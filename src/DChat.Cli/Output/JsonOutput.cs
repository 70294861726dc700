using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Inspection;

namespace DChat.Cli.Output;

/// <summary>One JSON object a line, each with its type; names and types are stable. Everything but ASCII is escaped.</summary>
internal sealed partial class JsonOutput(TextWriter output, TextWriter error) : ICliOutput
{
    /// <inheritdoc/>
    public void Sent(NamedTopic topic, PublishReceipt receipt) => Write(
        output,
        new SentLine(
            "sent",
            topic.Name,
            topic.Topic.IsPublic,
            receipt.MessageId.ToString(),
            receipt.Position.ToString(),
            receipt.TopicSequence,
            receipt.IsDuplicate),
        JsonLines.Default.SentLine);

    /// <inheritdoc/>
    public void Tailing(NamedTopic topic, LogPosition cursor) =>
        Write(output, new TailLine("tail", topic.Name, topic.Topic.IsPublic, cursor.ToString()), JsonLines.Default.TailLine);

    /// <inheritdoc/>
    public void Message(NamedTopic topic, ReceivedMessage message)
    {
        var isText = Utf8.IsValid(message.Content.Span);
        Write(
            output,
            new MessageLine(
                "message",
                topic.Name,
                topic.Topic.IsPublic,
                message.MessageId.ToString(),
                message.Position.ToString(),
                message.TopicSequence,
                message.Device.ToString(),
                message.Author.ToString(),
                message.AuthorSequence,
                message.Hlc.ToDateTimeOffset(),
                message.ComposedAt,
                RetentionNames.Of(message.Retention),
                isText ? message.GetText() : null,
                isText ? null : Convert.ToBase64String(message.Content.Span),
                message.Equivocation?.First.ToString(),
                DeviceTable.Text(message.Standing),
                message.Identity?.ToString()),
            JsonLines.Default.MessageLine);
    }

    /// <inheritdoc/>
    public void Fetched(NamedTopic topic, int count, LogPosition next, bool hasMore) => Write(
        output, new PageLine("page", topic.Name, topic.Topic.IsPublic, count, next.ToString(), hasMore), JsonLines.Default.PageLine);

    /// <inheritdoc/>
    public void Topic(NamedTopic topic, string invite) => Write(output, Line(topic, invite), JsonLines.Default.TopicLine);

    /// <inheritdoc/>
    public void Topics(IReadOnlyList<NamedTopic> topics, bool withInvites)
    {
        foreach (var topic in topics)
        {
            Write(output, Line(topic, withInvites ? TopicInvite.Create(topic.Topic) : null), JsonLines.Default.TopicLine);
        }
    }

    /// <inheritdoc/>
    public void Device(DChatHome home, int topics) => Write(
        output, new DeviceLine("device", home.Device.PublicKey.ToString(), home.Path, topics), JsonLines.Default.DeviceLine);

    /// <inheritdoc/>
    public void NoGateways()
    {
        // A program sees that there are no gateways by the missing lines.
    }

    /// <inheritdoc/>
    public void Gateway(GatewayDescription gateway, PeerSetReport? report)
    {
        Write(
            output,
            new GatewayLine(
                "gateway",
                gateway.PeerId,
                gateway.Silo,
                gateway.Relay,
                gateway.Addresses,
                gateway.StartedAt,
                report?.TotalPeers ?? gateway.PeerCount,
                report?.Peers.Length,
                report?.ReportedAt),
            JsonLines.Default.GatewayLine);
        foreach (var peer in report?.Peers ?? [])
        {
            Write(
                output,
                new PeerLine(
                    "peer",
                    gateway.PeerId,
                    peer.PeerId,
                    peer.RemoteAddress,
                    PeerTable.DirectionOf(peer),
                    peer.AgentVersion,
                    peer.ConnectedSince,
                    peer.RoundTripMilliseconds,
                    [.. peer.Shards.Select(shard => (int)shard.Value)],
                    [.. (peer.MeshShards ?? ShardSet.Empty).Select(shard => (int)shard.Value)],
                    peer.GossipScore,
                    peer.GossipScore is null ? null : peer.IsGraylisted)
                {
                    Relayed = PeerTable.IsRelayed(peer) ? true : null,
                },
                JsonLines.Default.PeerLine);
        }
    }

    /// <inheritdoc/>
    public void Dht(GatewayDescription gateway, DhtDescription? dht)
    {
        Write(
            output,
            new DhtLine("dht", gateway.PeerId, gateway.Silo, dht?.Protocol, dht?.IsServing, dht?.IsReady, dht?.Table.Length),
            JsonLines.Default.DhtLine);
        foreach (var peer in dht?.Table ?? [])
        {
            Write(
                output,
                new DhtPeerLine("dht_peer", gateway.PeerId, peer.PeerId, peer.Bucket, peer.SinceAnswer.TotalSeconds, peer.Failures, peer.Groups),
                JsonLines.Default.DhtPeerLine);
        }

        foreach (var relay in dht?.Relays ?? [])
        {
            Write(output, Line(gateway.PeerId, relay), JsonLines.Default.RelayGatewayLine);
        }
    }

    /// <inheritdoc/>
    public void Found(DhtFinding finding)
    {
        Write(output, new FindingLine("found", finding.PeerId, finding.Addresses), JsonLines.Default.FindingLine);
        if (finding.Relay is { } relay)
        {
            Write(output, Line(null, relay), JsonLines.Default.RelayGatewayLine);
        }
    }

    /// <inheritdoc/>
    public void Sync(GatewayDescription gateway, SyncDescription? sync)
    {
        Write(output, new SyncLine("sync", gateway.PeerId, gateway.Silo, sync?.Partners.Length, sync?.Served), JsonLines.Default.SyncLine);
        foreach (var partner in sync?.Partners ?? [])
        {
            var sum = partner.Sum;
            Write(
                output,
                new SyncPartnerLine("sync_partner", gateway.PeerId, partner.PeerId, partner.Address, partner.IsRunning, partner.Runs)
                {
                    RanAt = partner.RanAt,
                    DurationMs = partner.RanAt is null ? null : partner.Duration.TotalMilliseconds,
                    EqualAt = partner.EqualAt,
                    Needs = sum.Needs,
                    Haves = sum.Haves,
                    Pulled = sum.Pulled,
                    Duplicates = sum.Duplicates,
                    Given = sum.Given,
                    Deferred = sum.Deferred,
                    Refused = sum.Refused,
                    Unwanted = sum.Unwanted,
                    FindingBytes = sum.FindingBytes,
                    TransferBytes = sum.TransferBytes,
                    NaiveBytes = sum.NaiveBytes,
                    TotalPulled = partner.TotalPulled,
                    TotalGiven = partner.TotalGiven,
                    TotalBytes = partner.TotalBytes,
                    Fault = partner.Fault,
                },
                JsonLines.Default.SyncPartnerLine);
        }
    }

    /// <inheritdoc/>
    public void Scrubbed(long messages, long segments, long problems) =>
        Write(output, new ScrubbedLine("scrubbed", messages, segments, problems), JsonLines.Default.ScrubbedLine);

    /// <inheritdoc/>
    public void SyncShards(SyncPartnerDescription partner)
    {
        foreach (var shard in partner.Shards)
        {
            Write(
                output,
                new SyncShardLine("sync_shard", partner.PeerId, shard.Shard, shard.Ours, shard.Theirs, shard.Method, shard.IsExact)
                {
                    Needs = shard.Needs,
                    Haves = shard.Haves,
                    Pulled = shard.Pulled,
                    Duplicates = shard.Duplicates,
                    Given = shard.Given,
                    Deferred = shard.Deferred,
                    Refused = shard.Refused,
                    Unwanted = shard.Unwanted,
                    Rounds = shard.Rounds,
                    Symbols = shard.Symbols,
                    FindingBytes = shard.FindingBytes,
                    TransferBytes = shard.TransferBytes,
                    NaiveBytes = shard.NaiveBytes,
                    Fault = shard.Fault,
                },
                JsonLines.Default.SyncShardLine);
        }
    }

    /// <inheritdoc/>
    public void Circuits(GatewayDescription gateway, CircuitDescription? circuits)
    {
        var limits = circuits?.Limits;
        Write(
            output,
            new CircuitsLine("circuits", gateway.PeerId, gateway.Silo, circuits?.IsServing, circuits?.Reservations.Length, circuits?.Circuits, circuits?.Bytes)
            {
                MaxReservations = limits?.Reservations,
                MaxReservationsPerNetwork = limits?.ReservationsPerNetwork,
                MaxCircuits = limits?.Circuits,
                MaxCircuitsPerPeer = limits?.CircuitsPerPeer,
                CircuitSeconds = limits?.Duration.TotalSeconds,
                CircuitBytes = limits?.Bytes,
            },
            JsonLines.Default.CircuitsLine);
        foreach (var own in circuits?.Addresses ?? [])
        {
            Write(
                output,
                new GatewayAddressLine("gateway_address", gateway.PeerId, own.Address, own.State, own.Reached, own.Failed, own.SettledAt),
                JsonLines.Default.GatewayAddressLine);
        }

        foreach (var held in circuits?.Reservations ?? [])
        {
            Write(
                output,
                new CircuitReservationLine("circuit_reservation", gateway.PeerId, held.PeerId, held.Expires, held.Circuits, held.Bytes),
                JsonLines.Default.CircuitReservationLine);
        }

        foreach (var count in circuits?.Requests ?? [])
        {
            Write(output, new CircuitRequestsLine("circuit_requests", gateway.PeerId, count.Request, count.Status, count.Count), JsonLines.Default.CircuitRequestsLine);
        }

        foreach (var relay in circuits?.Relays ?? [])
        {
            CircuitRelay(gateway, relay);
        }
    }

    /// <inheritdoc/>
    public void CircuitRelay(GatewayDescription gateway, CircuitRelayDescription relay) => Write(
        output,
        new CircuitRelayLine(
            "circuit_relay", gateway.PeerId, relay.Address, relay.State, relay.IsNamed, relay.Expires, relay.Duration.TotalSeconds, relay.Bytes, relay.RetryAt, relay.Fault),
        JsonLines.Default.CircuitRelayLine);

    /// <inheritdoc/>
    public void CircuitReleased(GatewayDescription gateway, string relay, bool was) =>
        Write(output, new CircuitReleasedLine("circuit_released", gateway.PeerId, relay, was), JsonLines.Default.CircuitReleasedLine);

    /// <inheritdoc/>
    public void Log(DataDirectory directory) => Write(
        output,
        new LogLine("log", directory.Log.ToString(), directory.Network, 1 << directory.ShardBits, directory.LogFiles, directory.LogBytes),
        JsonLines.Default.LogLine);

    /// <inheritdoc/>
    public void Shards(IReadOnlyList<ShardSummary> shards)
    {
        foreach (var shard in shards)
        {
            Write(
                output,
                new ShardLine("shard", shard.Shard.Value, shard.Head, shard.OpenMessages, shard.OpenBytes, shard.Segments.Count),
                JsonLines.Default.ShardLine);
            foreach (var segment in shard.Segments)
            {
                Write(
                    output,
                    new SegmentLine(
                        "segment", shard.Shard.Value, segment.Id.Epoch.Value, RetentionNames.Of(segment.Id.Class), segment.Count, segment.EnvelopeBytes, segment.Root.ToString()),
                    JsonLines.Default.SegmentLine);
            }
        }
    }

    /// <inheritdoc/>
    public void Damage(string problem) => Write(output, new DamageLine("damage", problem), JsonLines.Default.DamageLine);

    /// <inheritdoc/>
    public void Compacted(long before, long after) => Write(output, new CompactedLine("compacted", before, after), JsonLines.Default.CompactedLine);

    /// <inheritdoc/>
    public void Line(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    /// <inheritdoc/>
    public void Note(string code, string message) => Write(error, new NoteLine(code, message), JsonLines.Default.NoteLine);

    /// <inheritdoc/>
    public void Error(string code, string message) => Write(error, new ErrorLine(code, message), JsonLines.Default.ErrorLine);

    private static RelayGatewayLine Line(string? gateway, RelayGatewayDescription relay) => new(
        "relay_gateway", gateway, relay.PeerId, relay.Relay, relay.Addresses, relay.MadeAt, relay.NotAfter, relay.IsConnected);

    private static TopicLine Line(NamedTopic topic, string? invite) =>
        new("topic", topic.Name, topic.Topic.IsPublic, topic.Topic.Network, topic.Topic.Tag.ToString(), invite);

    private static void Write<T>(TextWriter writer, T line, JsonTypeInfo<T> type)
    {
        writer.WriteLine(JsonSerializer.Serialize(line, type));
        writer.Flush();
    }
}
