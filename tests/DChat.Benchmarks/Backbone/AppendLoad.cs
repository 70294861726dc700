namespace DChat.Benchmarks.Backbone;

/// <summary>How messages are given to the shards.</summary>
/// <param name="Name">What the figure is called.</param>
/// <param name="BatchSize">Messages of a call.</param>
/// <param name="InFlightPerShard">Calls in flight for each shard.</param>
internal sealed record AppendLoad(string Name, int BatchSize, int InFlightPerShard)
{
    /// <summary>As much as gateways under full load have in flight.</summary>
    public static AppendLoad Full { get; } = new("append-durable", 128, 4);

    /// <summary>1,024 messages in flight over all shards.</summary>
    public static AppendLoad Thousand { get; } = new("append-vs-redis", 64, 1);

    /// <summary>Calls in flight over all shards.</summary>
    public int InFlight => InFlightPerShard << Corpus.ShardBits;
}
