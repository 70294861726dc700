using System.Text.Json.Serialization;

namespace DChat.Cli.Output;

/// <summary>A message that is durable.</summary>
internal sealed record SentLine(
    string Type, string Topic, bool Public, string MessageId, string Cursor, ulong TopicSequence, bool Duplicate);

/// <summary>Where a tail begins.</summary>
internal sealed record TailLine(string Type, string Topic, bool Public, string Cursor);

/// <summary>A received message. Content that is not UTF-8 comes as base64 in place of the text.</summary>
internal sealed record MessageLine(
    string Type,
    string Topic,
    bool Public,
    string MessageId,
    string Cursor,
    ulong? TopicSequence,
    string Device,
    string Author,
    ulong AuthorSequence,
    DateTimeOffset SentAt,
    DateTimeOffset ComposedAt,
    string Retention,
    string? Text,
    string? ContentBase64,
    string? Contradicts,
    string? Standing,
    string? Identity);

/// <summary>Where a fetch ended.</summary>
internal sealed record PageLine(string Type, string Topic, bool Public, int Count, string NextCursor, bool More);

/// <summary>A topic of the home directory.</summary>
internal sealed record TopicLine(string Type, string Topic, bool Public, string Network, string Tag, string? Invite);

/// <summary>The device of the home directory.</summary>
internal sealed record DeviceLine(string Type, string Device, string Home, int Topics);

/// <summary>A gateway. What is of its report is left out when it has not reported lately.</summary>
internal sealed record GatewayLine(
    string Type,
    string PeerId,
    string Silo,
    string Relay,
    string[] Addresses,
    DateTimeOffset StartedAt,
    int Peers,
    int? Listed,
    DateTimeOffset? ReportedAt);

/// <summary>A peer of the gateway.</summary>
internal sealed record PeerLine(
    string Type,
    string Gateway,
    string PeerId,
    string Address,
    string Direction,
    string? Agent,
    DateTimeOffset ConnectedSince,
    double? RoundTripMs,
    int[] Shards,
    int[] Mesh,
    double? Score,
    bool? Graylisted)
{
    /// <summary>True when the peer is reached through a circuit relay; left out otherwise.</summary>
    public bool? Relayed { get; init; }
}

/// <summary>What a gateway knows of the DHT. All but the gateway is left out when it does not answer.</summary>
internal sealed record DhtLine(string Type, string Gateway, string Silo, string? Protocol, bool? Serving, bool? Ready, int? Peers);

/// <summary>A peer in the routing table of the gateway.</summary>
internal sealed record DhtPeerLine(string Type, string Gateway, string PeerId, int Bucket, double SecondsSinceAnswer, int Failures, string[] Networks);

/// <summary>A gateway of a relay, found in the DHT by the gateway.</summary>
internal sealed record RelayGatewayLine(
    string Type, string? Gateway, string PeerId, string Relay, string[] Addresses, DateTimeOffset MadeAt, DateTimeOffset NotAfter, bool Connected);

/// <summary>What a scrub has read, and how much was wrong.</summary>
internal sealed record ScrubbedLine(string Type, long Messages, long Segments, long Problems);

/// <summary>How a gateway reconciles. All but the gateway is left out when it does not answer.</summary>
internal sealed record SyncLine(string Type, string Gateway, string Silo, int? Partners, long? Served);

/// <summary>A partner of the gateway, its last run, and what there was since the gateway started.</summary>
internal sealed record SyncPartnerLine(string Type, string Gateway, string PeerId, string Address, bool Running, long Runs)
{
    public DateTimeOffset? RanAt { get; init; }

    public double? DurationMs { get; init; }

    public DateTimeOffset? EqualAt { get; init; }

    public long Needs { get; init; }

    public long Haves { get; init; }

    public long Pulled { get; init; }

    public long Duplicates { get; init; }

    public long Given { get; init; }

    public long Deferred { get; init; }

    public long Refused { get; init; }

    public long Unwanted { get; init; }

    public long FindingBytes { get; init; }

    public long TransferBytes { get; init; }

    public long NaiveBytes { get; init; }

    public long TotalPulled { get; init; }

    public long TotalGiven { get; init; }

    public long TotalBytes { get; init; }

    public string? Fault { get; init; }
}

/// <summary>A shard of the last run with a partner.</summary>
internal sealed record SyncShardLine(string Type, string PeerId, int Shard, long Ours, long Theirs, string Method, bool Exact)
{
    public long Needs { get; init; }

    public long Haves { get; init; }

    public long Pulled { get; init; }

    public long Duplicates { get; init; }

    public long Given { get; init; }

    public long Deferred { get; init; }

    public long Refused { get; init; }

    public long Unwanted { get; init; }

    public int Rounds { get; init; }

    public int Symbols { get; init; }

    public long FindingBytes { get; init; }

    public long TransferBytes { get; init; }

    public long NaiveBytes { get; init; }

    public string? Fault { get; init; }
}

/// <summary>A gateway's part in circuit relay. All but the gateway is left out when it does not answer.</summary>
internal sealed record CircuitsLine(string Type, string Gateway, string Silo, bool? Serving, int? Reservations, int? Circuits, long? Bytes)
{
    public int? MaxReservations { get; init; }

    public int? MaxReservationsPerNetwork { get; init; }

    public int? MaxCircuits { get; init; }

    public int? MaxCircuitsPerPeer { get; init; }

    public double? CircuitSeconds { get; init; }

    public long? CircuitBytes { get; init; }
}

/// <summary>An address of the gateway, and what others who tried it have found.</summary>
internal sealed record GatewayAddressLine(string Type, string Gateway, string Address, string State, int Reached, int Failed, DateTimeOffset? SettledAt);

/// <summary>A reservation that the gateway holds.</summary>
internal sealed record CircuitReservationLine(string Type, string Gateway, string PeerId, DateTimeOffset Expires, int Circuits, long Bytes);

/// <summary>How often peers asked the gateway for something and got this answer.</summary>
internal sealed record CircuitRequestsLine(string Type, string Gateway, string Request, string Status, long Count);

/// <summary>A relay at which the gateway reserves, or would.</summary>
internal sealed record CircuitRelayLine(
    string Type,
    string Gateway,
    string Address,
    string State,
    bool Named,
    DateTimeOffset? Expires,
    double CircuitSeconds,
    long CircuitBytes,
    DateTimeOffset? RetryAt,
    string? Fault);

/// <summary>A relay that the gateway has forgotten; known tells whether it knew it.</summary>
internal sealed record CircuitReleasedLine(string Type, string Gateway, string PeerId, bool Known);

/// <summary>Where a peer is, by the DHT.</summary>
internal sealed record FindingLine(string Type, string PeerId, string[] Addresses);

/// <summary>The data directory of a core.</summary>
internal sealed record LogLine(string Type, string Log, string Network, int Shards, int Files, long Bytes);

/// <summary>What a data directory has of a shard.</summary>
internal sealed record ShardLine(string Type, ushort Shard, ulong Head, long OpenMessages, long OpenBytes, int Segments);

/// <summary>A sealed segment.</summary>
internal sealed record SegmentLine(string Type, ushort Shard, ulong Epoch, string Retention, int Messages, long Bytes, string Root);

/// <summary>Something in a data directory is wrong.</summary>
internal sealed record DamageLine(string Type, string Message);

/// <summary>Files of the log were deleted.</summary>
internal sealed record CompactedLine(string Type, long BytesBefore, long Bytes);

/// <summary>What went wrong.</summary>
internal sealed record ErrorLine(string Error, string Message);

/// <summary>Something to know that is no error.</summary>
internal sealed record NoteLine(string Note, string Message);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SentLine))]
[JsonSerializable(typeof(TailLine))]
[JsonSerializable(typeof(MessageLine))]
[JsonSerializable(typeof(PageLine))]
[JsonSerializable(typeof(TopicLine))]
[JsonSerializable(typeof(DeviceLine))]
[JsonSerializable(typeof(IdentityLine))]
[JsonSerializable(typeof(IdentityDeviceLine))]
[JsonSerializable(typeof(ForkLine))]
[JsonSerializable(typeof(RecoveryKeyLine))]
[JsonSerializable(typeof(DeviceRequestLine))]
[JsonSerializable(typeof(DeviceChangedLine))]
[JsonSerializable(typeof(DeviceSyncedLine))]
[JsonSerializable(typeof(TopicStateLine))]
[JsonSerializable(typeof(DeviceNoteLine))]
[JsonSerializable(typeof(GatewayLine))]
[JsonSerializable(typeof(PeerLine))]
[JsonSerializable(typeof(DhtLine))]
[JsonSerializable(typeof(DhtPeerLine))]
[JsonSerializable(typeof(RelayGatewayLine))]
[JsonSerializable(typeof(FindingLine))]
[JsonSerializable(typeof(ScrubbedLine))]
[JsonSerializable(typeof(SyncLine))]
[JsonSerializable(typeof(SyncPartnerLine))]
[JsonSerializable(typeof(SyncShardLine))]
[JsonSerializable(typeof(CircuitsLine))]
[JsonSerializable(typeof(GatewayAddressLine))]
[JsonSerializable(typeof(CircuitReservationLine))]
[JsonSerializable(typeof(CircuitRequestsLine))]
[JsonSerializable(typeof(CircuitRelayLine))]
[JsonSerializable(typeof(CircuitReleasedLine))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(ShardLine))]
[JsonSerializable(typeof(SegmentLine))]
[JsonSerializable(typeof(DamageLine))]
[JsonSerializable(typeof(CompactedLine))]
[JsonSerializable(typeof(ErrorLine))]
[JsonSerializable(typeof(NoteLine))]
internal sealed partial class JsonLines : JsonSerializerContext;
