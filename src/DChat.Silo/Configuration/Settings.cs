namespace DChat.Silo.Configuration;

/// <summary>Every setting of a silo, in the order that help and README list them. A key under <c>DChat</c> that is not here is an error.</summary>
internal static class Settings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("DChat:Network", "--network", "dchat-dev", "1–32 printable ASCII characters without '/'", "the network that the silo serves"),
        new("DChat:ShardBits", "--shard-bits", "4", "0–12", "top bits of a topic tag that name its shard; the same at every relay of a network"),
        new("DChat:DataDirectory", "--data", "./data", "a path on a local disk", "where messages and grain state are kept; one silo at a time"),
        new("DChat:SiloPort", "--silo-port", "11111", "1–65535", "TCP port on loopback for other silos"),
        new("DChat:GatewayPort", "--gateway-port", "30000", "1–65535", "TCP port on loopback for clients (SDK and CLI)"),
        new("DChat:AdminEndpoint", "--http", "127.0.0.1:8080", "IP address and port", "health, metrics and the Orleans dashboard; has no authentication"),
        new("DChat:ShutdownTimeout", "--shutdown-timeout", "00:00:30", "00:00:01–00:10:00", "how long a stop may take before work in progress is dropped"),
        new("DChat:LogLevel", "--log-level", "Information", "Trace, Debug, Information, Warning, Error, Critical or None", "what DChat logs; others log warnings, or from Debug on everything; Debug also shows the stack of a failed start"),
    ];

    /// <summary>Finds a setting by its key; case does not matter.</summary>
    public static Setting? Find(string key) => All.FirstOrDefault(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase));
}
