using DChat.Core;

namespace DChat.Grains.SyncShard;

/// <summary>How a shard gossips.</summary>
[OptionSection("DChat:Gossip")]
public sealed class SyncShardOptions
{
    /// <summary>How often an idle shard tells its head on the stream. Default 1 s; range 100 ms–60 s.</summary>
    [Option("how often an idle shard tells its head to subscribers", Min = "00:00:00.1", Max = "00:01:00")]
    public TimeSpan HeartbeatPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Envelope bytes that may wait for the gossip stream; beyond it the oldest are left out and subscribers read them from
    /// the log. Default 32 MiB; range 1–1,024 MiB.
    /// </summary>
    [Option("messages of one shard that may wait for the stream; subscribers read the rest from the log", Min = 1 << 20, Max = 1 << 30, Unit = "bytes")]
    public int MaxGossipBacklogBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate() => OptionRules.Check(this);
}
