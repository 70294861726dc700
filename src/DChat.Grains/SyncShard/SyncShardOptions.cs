using DChat.Core;

namespace DChat.Grains.SyncShard;

/// <summary>How a shard gossips.</summary>
[OptionSection("DChat:Gossip")]
public sealed class SyncShardOptions
{
    /// <summary>How often a core silo tells the heads of its active shards on the streams. Default 1 s; range 100 ms–60 s.</summary>
    [Option("how often a core silo tells the heads of its shards to subscribers", Min = "00:00:00.1", Max = "00:01:00")]
    public TimeSpan HeartbeatPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Envelope bytes that may wait in a core silo's stream queue, and for each subscriber of a shard group; beyond it the
    /// oldest are left out and subscribers read them from the log. Default 32 MiB; range 1–1,024 MiB.
    /// </summary>
    [Option("messages that may wait for the streams of a silo, and for one subscriber, which reads the rest from the log", Min = 1 << 20, Max = 1 << 30, Unit = "bytes")]
    public int MaxGossipBacklogBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate() => OptionRules.Check(this);
}
