using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Storage.Inspection;

namespace DChat.Cli.Output;

/// <summary>How results reach the user: as text for people or as JSON lines for programs.</summary>
internal interface ICliOutput
{
    /// <summary>A message is durable.</summary>
    void Sent(NamedTopic topic, PublishReceipt receipt);

    /// <summary>Messages that come after the cursor will be shown.</summary>
    void Tailing(NamedTopic topic, LogPosition cursor);

    /// <summary>A message was received.</summary>
    void Message(NamedTopic topic, ReceivedMessage message);

    /// <summary>History was shown up to a cursor.</summary>
    void Fetched(NamedTopic topic, int count, LogPosition next, bool hasMore);

    /// <summary>A topic was created or joined.</summary>
    void Topic(NamedTopic topic, string invite);

    /// <summary>The topics kept in a home directory.</summary>
    void Topics(IReadOnlyList<NamedTopic> topics, bool withInvites);

    /// <summary>The device of a home directory.</summary>
    void Device(DChatHome home, int topics);

    /// <summary>An identity and its devices.</summary>
    /// <param name="view">What its log says.</param>
    /// <param name="self">This device.</param>
    /// <param name="nameOf">What devices are called.</param>
    void Identity(DeviceLogView view, DeviceKey self, Func<DeviceKey, string?> nameOf);

    /// <summary>The recovery key of a new identity, shown once.</summary>
    void RecoveryKey(string key);

    /// <summary>A device asks to be added to an identity.</summary>
    void DeviceRequest(IdentityId identity, DeviceKey device, string request);

    /// <summary>A device was added or revoked; of a revoked one so many author keys are named.</summary>
    void DeviceChanged(string change, DeviceKey device, int? authorKeys);

    /// <summary>What came of exchanging with the other devices.</summary>
    void DeviceSynced(DeviceSyncReport report);

    /// <summary>What the devices share about a topic.</summary>
    void TopicState(NamedTopic topic, ReadMarker? read, bool isMuted);

    /// <summary>What a note says; several texts of devices that did not know of each other.</summary>
    void Note(string name, IReadOnlyList<string> texts);

    /// <summary>The cluster has no gateway.</summary>
    void NoGateways();

    /// <summary>A gateway and who is connected to it; null when it has not reported lately.</summary>
    void Gateway(GatewayDescription gateway, PeerSetReport? report);

    /// <summary>What a gateway knows of the DHT; null when it does not answer.</summary>
    void Dht(GatewayDescription gateway, DhtDescription? dht);

    /// <summary>What a lookup in the DHT found.</summary>
    void Found(DhtFinding finding);

    /// <summary>How a gateway reconciles with its partners; null when it does not answer.</summary>
    void Sync(GatewayDescription gateway, SyncDescription? sync);

    /// <summary>What a scrub has read, and how much was wrong.</summary>
    void Scrubbed(long messages, long segments, long problems);

    /// <summary>The shards of the last run with a partner.</summary>
    void SyncShards(SyncPartnerDescription partner);

    /// <summary>A gateway's part in circuit relay; null when it does not answer.</summary>
    void Circuits(GatewayDescription gateway, CircuitDescription? circuits);

    /// <summary>How it stands with a relay that a gateway was told to reserve at.</summary>
    void CircuitRelay(GatewayDescription gateway, CircuitRelayDescription relay);

    /// <summary>A gateway has forgotten a relay, if it knew it.</summary>
    void CircuitReleased(GatewayDescription gateway, string relay, bool was);

    /// <summary>The data directory that is looked into.</summary>
    void Log(DataDirectory directory);

    /// <summary>What is kept of each shard.</summary>
    void Shards(IReadOnlyList<ShardSummary> shards);

    /// <summary>Something in the data directory is wrong.</summary>
    void Damage(string problem);

    /// <summary>Files of the log were deleted.</summary>
    void Compacted(long before, long after);

    /// <summary>A line of a protocol that is the same for people and programs; whoever reads it sees it at once.</summary>
    void Line(string line);

    /// <summary>Something to know that is no error.</summary>
    void Note(string code, string message);

    /// <summary>It could not be done.</summary>
    void Error(string code, string message);
}
