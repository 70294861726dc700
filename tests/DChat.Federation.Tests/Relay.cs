using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Segments;
using DChat.Core.Topics;
using DChat.Federation.Hosting;
using DChat.Libp2p.Transports.Memory;
using DChat.Testing.Clusters;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Federation.Tests;

/// <summary>One operator's cluster, which reconciles with the relays that it is told of. Runs come when a test asks, and once at the start.</summary>
public sealed class Relay : IAsyncDisposable
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Relay(GatewayCluster gateways) => Gateways = gateways;

    public GatewayCluster Gateways { get; }

    public IGatewaySync Sync => Gateways.Services().GetRequiredService<IGatewaySync>();

    /// <param name="name">Its name on the transport.</param>
    /// <param name="transport">The network.</param>
    /// <param name="partners">The names of those that it reconciles with.</param>
    /// <param name="configure">Configures every silo.</param>
    public static async Task<Relay> StartAsync(string name, MemoryTransport transport, string[] partners, Action<ISiloBuilder>? configure = null) =>
        new(await GatewayCluster.StartAsync(
            configure: silo =>
            {
                silo.Services.AddDChatFederation();
                silo.Services.Configure<SyncOptions>(options =>
                {
                    options.Partners = string.Join(',', partners.Select(partner => GatewayCluster.AddressOf(partner)));
                    (options.Period, options.QuietWindow) = (TimeSpan.FromDays(1), TimeSpan.Zero);
                });
                configure?.Invoke(silo);
            },
            transport: transport,
            name: name));

    public ISyncShardGrain Shard(int shard) =>
        Gateways.Cluster.SiloClient.GetGrain<ISyncShardGrain>(GrainKeys.Shard(TestCluster.Network.Network, new ShardId((ushort)shard)));

    /// <summary>Makes messages durable; by the door of sync, so that no gossip brings them to the other relay.</summary>
    public async Task AppendAsync(Author author, int count, int length = 20, Door door = Door.Sync)
    {
        var perBatch = Math.Min(100, 100_000 / length);
        for (var left = count; left > 0; left -= perBatch)
        {
            var reply = await Shard(author.Shard.Value).AppendAsync(Appends.Of(author.Seal(Math.Min(left, perBatch), length), door));
            Assert.All(reply.Results, result => Assert.True(result.IsAccepted));
        }
    }

    /// <summary>Seals everything of a shard.</summary>
    public Task<SealReply> SealAsync(int shard, ulong epoch) => Shard(shard).SealAsync(new EpochId(epoch), new HybridTimestamp(ulong.MaxValue));

    /// <summary>Everything that a shard has, by id.</summary>
    public async Task<SortedDictionary<string, Door>> ReadAsync(int shard)
    {
        var all = new SortedDictionary<string, Door>(StringComparer.Ordinal);
        for (var after = default(Core.Shards.LogPosition); ;)
        {
            var page = await Shard(shard).ReadAsync(after, EnvelopeBatch.MaxCount);
            if (page.Envelopes.Count == 0)
            {
                return all;
            }

            var i = 0;
            foreach (var envelope in page.Envelopes.Envelopes)
            {
                all.Add(MessageId.Compute(envelope.Span).ToString(), page.Doors[i++]);
            }

            after = page.Head with { Sequence = page.Sequences[^1] };
        }
    }

    /// <summary>Runs with a partner once; the run covers what there was before the call.</summary>
    public async Task<SyncPartnerDescription> RunAsync(int partner = 0)
    {
        var before = await WaitAsync(partner, told => !told.IsRunning);

        // A run leaves out what is of its own millisecond.
        for (var from = TimeProvider.System.GetUtcNow(); TimeProvider.System.GetUtcNow() < from.AddMilliseconds(2);)
        {
            await Task.Yield();
        }

        Assert.True(Sync.TryBegin(before.PeerId));
        return await WaitAsync(partner, told => told.Runs > before.Runs);
    }

    /// <summary>Waits until no run comes but those that a test asks for: the ones at the start, after a fault and after a new connection are over.</summary>
    public async Task SettleAsync()
    {
        for (var partner = 0; partner < Sync.Describe().Partners.Length; partner++)
        {
            await WaitAsync(partner, told => told is { IsRunning: false, Runs: > 0, Fault: null });
            await RunAsync(partner);
            await RunAsync(partner);
        }
    }

    private async Task<SyncPartnerDescription> WaitAsync(int partner, Func<SyncPartnerDescription, bool> isDone)
    {
        SyncPartnerDescription told;
        while (!isDone(told = Sync.Describe().Partners[partner]))
        {
            Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return told;
    }

    public ValueTask DisposeAsync() => Gateways.DisposeAsync();
}
