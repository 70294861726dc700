using System.Globalization;
using DChat.Core.Admission;
using DChat.Core.Envelopes;
using DChat.Gateway;
using DChat.Storage.Log.Local;

namespace DChat.Silo.Configuration;

/// <summary>Every setting of a silo, as help and README list them. A key under <c>DChat</c> that is not here is an error.</summary>
internal static class Settings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("DChat:Network", "--network", "dchat-dev",
            "1–32 of a-z, 0-9, '-', '.' and '_'",
            "the network that the silo serves"),
        new("DChat:ShardBits", "--shard-bits", "4",
            "0–12",
            "top bits of a topic tag that name its shard; the same on every relay of a network"),
        new("DChat:DataDirectory", "--data", "./data",
            "a path on a local disk",
            "where messages, grain state and keys are kept; shared by the silos of one cluster on one machine, of which one is a core"),
        new("DChat:Role", "--role", "all",
            "core, edge or all",
            "what the silo does: core keeps the messages, edge faces chat peers, all is both"),
        new("DChat:Name", "--name", "the role",
            "1–32 of a-z, 0-9 and '-', starting and ending with a letter or digit",
            "what the silo is called in its cluster; edges on one data directory need different ones"),
        new("DChat:Primary", "--primary", "the silo's own",
            "127.0.0.1 and a port of 1 to 65535",
            "silo port of the process that keeps the list of the cluster's members; start it first, and keep it running"),
        new("DChat:SiloPort", "--silo-port", "11111",
            "1–65535",
            "TCP port on loopback for the cluster"),
        new("DChat:ClientPort", "--client-port", "30000",
            "1–65535",
            "TCP port on loopback for clients: the SDK and the CLI"),
        new("DChat:Libp2p:Listen", "--listen", "/ip4/127.0.0.1/tcp/4001",
            "multiaddrs with commas between",
            "where an edge meets chat peers; port 0 takes a free one"),
        new("DChat:Libp2p:Announce", "--announce", "none",
            "at most 16 multiaddrs with commas between",
            "what an edge tells peers instead of where it listens, when a proxy or port mapping stands before it"),
        new("DChat:Libp2p:MaxConnections", null, "1024",
            $"8–{GatewayOptions.MaxMaxConnections}",
            "connections with peers; seven eighths of them may be inbound"),
        new("DChat:Libp2p:MaxConnectionsPerIp", null, "64",
            $"1–{GatewayOptions.MaxMaxConnections}",
            "connections from one IPv4 address or IPv6 /64"),
        new("DChat:Libp2p:MaxPushBytes", null, Text(128L << 20),
            "8388608–4294967296 bytes",
            "pushed messages of all peers that may wait for the disk; beyond it the edge reads no further"),
        new("DChat:Libp2p:MaxGossipBytes", null, Text(64L << 20),
            "1048576–4294967296 bytes",
            "gossiped messages that may wait for the disk; beyond it they are gossiped on but not kept"),
        new("DChat:Libp2p:DrainTimeout", null, "00:00:05",
            "00:00:00–00:05:00",
            "how long a stopping edge waits for pushes under way"),
        new("DChat:AdminEndpoint", "--http", "127.0.0.1:8080",
            "IP address and port",
            "health, metrics and the Orleans dashboard, without authentication"),
        new("DChat:ShutdownTimeout", "--shutdown-timeout", "00:00:30",
            "00:00:01–00:10:00",
            "how long a stop may take before what is under way is dropped"),
        new("DChat:LogLevel", "--log-level", "Information",
            "Trace, Debug, Information, Warning, Error, Critical or None",
            "what DChat logs; others log warnings, and from Debug on as much as DChat, with the stack of a failed start"),
        new("DChat:Log:SegmentBytes", null, Text(256L << 20),
            $"{LocalShardLogOptions.MinSegmentBytes}–{LocalShardLogOptions.MaxSegmentBytes} bytes",
            "size at which the log goes on in a new file"),
        new("DChat:Log:CheckpointBytes", null, Text(64L << 20),
            $"{LocalShardLogOptions.MinCheckpointBytes}–{LocalShardLogOptions.MaxCheckpointBytes} bytes",
            "log written between two copies of the index: what a start after a crash has to read at most"),
        new("DChat:Gossip:HeartbeatPeriod", null, "00:00:01",
            "00:00:00.1–00:01:00",
            "how often a core silo tells the heads of its shards to subscribers"),
        new("DChat:Gossip:MaxGossipBacklogBytes", null, Text(32 << 20),
            "1048576–1073741824 bytes",
            "messages that may wait for the streams of a silo, and for one subscriber, which reads the rest from the log"),
        new("DChat:Admission:MaxAhead", null, "00:01:00",
            $"00:00:01–{AdmissionOptions.MaxMaxAhead}",
            "how far ahead of the silo's clock a message may be; the same on every relay of a network"),
        new("DChat:Admission:MaxAge", null, "1.00:00:00",
            $"00:01:00–{AdmissionOptions.MaxMaxAge}",
            "how old a published message may be; the same on every relay of a network"),
        new("DChat:Admission:SeenCapacity", null, "262144",
            $"{AdmissionOptions.MinSeenCapacity}–{AdmissionOptions.MaxSeenCapacity}",
            "message ids remembered to drop copies early, about 50 bytes each"),
        .. Enum.GetNames<RetentionClass>().Select(name => new Setting(
            $"DChat:Admission:Floors:{name}",
            null,
            "none",
            "a time such as 2026-11-01T00:00:00Z",
            $"what the network has pruned of class {name} before this silo joined; nothing older is admitted")),
        .. Quota("Author", "author key", 32, 256, 65_536),
        .. Quota("Topic", "topic", 512, 4_096, 65_536),
        .. Quota("Source", "caller", 8_192, 32_768, 16_384),
    ];

    /// <summary>Finds a setting by its key; case does not matter.</summary>
    public static Setting? Find(string key) =>
        All.FirstOrDefault(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    private static Setting[] Quota(string section, string subject, int tokensPerSecond, int burst, int tracked) =>
    [
        new($"DChat:Admission:{section}:TokensPerSecond", null, Text(tokensPerSecond),
            $"1–{QuotaOptions.MaxTokensPerSecond} KiB/s",
            $"what each {subject} may publish, lastingly; every started KiB counts as one"),
        new($"DChat:Admission:{section}:Burst", null, Text(burst),
            $"{QuotaOptions.MinBurst}–{QuotaOptions.MaxBurst} KiB",
            $"what each {subject} may publish at once"),
        new($"DChat:Admission:{section}:MaxTracked", null, Text(tracked),
            $"{QuotaOptions.MinTracked}–{QuotaOptions.MaxMaxTracked}",
            $"of how many the quota is kept ({subject})"),
    ];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
