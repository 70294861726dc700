namespace DChat.Grains.SyncShard;

/// <summary>How a shard gossips.</summary>
public sealed class SyncShardOptions
{
    /// <summary>How often an idle shard tells its head on the stream. Default 1 s; range 100 ms–60 s.</summary>
    public TimeSpan HeartbeatPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Envelope bytes that may wait for the gossip stream; beyond it the oldest are left out and subscribers read them from
    /// the log. Default 32 MiB; range 1–1,024 MiB.
    /// </summary>
    public int MaxGossipBacklogBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Checks the ranges; returns what is wrong, naming option, value and range, or null.</summary>
    public string? Validate()
    {
        if (HeartbeatPeriod < TimeSpan.FromMilliseconds(100) || HeartbeatPeriod > TimeSpan.FromSeconds(60))
        {
            return $"HeartbeatPeriod is {HeartbeatPeriod}, but must be within 00:00:00.1–00:01:00.";
        }

        return MaxGossipBacklogBytes is < 1024 * 1024 or > 1024 * 1024 * 1024
            ? $"MaxGossipBacklogBytes is {MaxGossipBacklogBytes}, but must be within 1048576–1073741824."
            : null;
    }
}
