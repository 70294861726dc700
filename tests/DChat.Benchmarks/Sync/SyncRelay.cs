using System.Security.Cryptography;
using System.Text;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Benchmarks.Backbone;
using DChat.Core.Envelopes;
using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Federation;
using DChat.Federation.Hosting;
using DChat.Feeds.Hosting;
using DChat.Gateway;
using DChat.Gateway.Hosting;
using DChat.Libp2p.Identity;
using DChat.Testing;
using DChat.Testing.Messages;
using DChat.Testing.Processes;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Benchmarks.Sync;

/// <summary>A relay in this process: one silo with the log on disk, and a gateway at a TCP port that reconciles with others when it is told to.</summary>
internal sealed class SyncRelay : IAsyncDisposable
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(1);

    private readonly TemporaryFolder _folder;
    private readonly BenchmarkSilo _silo;

    private SyncRelay(TemporaryFolder folder, BenchmarkSilo silo) => (_folder, _silo) = (folder, silo);

    private IGatewaySync Sync => _silo.Services.GetRequiredService<IGatewaySync>();

    /// <summary>Starts relays each of which names all others.</summary>
    public static async Task<SyncRelay[]> StartAsync(int count)
    {
        var addresses = Enumerable.Range(0, count).Select(number => (Seed: SeedOf(number), Port: LoopbackPorts.Take()))
            .Select(relay => (relay.Seed, Address: $"/ip4/127.0.0.1/tcp/{relay.Port}", PrivateKey.FromSeed(relay.Seed).PublicKey.Peer)).ToArray();
        var relays = new SyncRelay[count];
        for (var i = 0; i < count; i++)
        {
            var others = addresses.Where((_, other) => other != i).Select(other => $"{other.Address}/p2p/{other.Peer}");
            relays[i] = await StartAsync(addresses[i].Seed, addresses[i].Address, string.Join(',', others));
        }

        return relays;
    }

    /// <summary>Makes messages durable; as if they had come by sync, so that gossip does not bring them to the others.</summary>
    public async Task AppendAsync(IEnumerable<ReadOnlyMemory<byte>> envelopes)
    {
        foreach (var shard in envelopes.GroupBy(envelope => TopicOf(envelope.Span)))
        {
            var grain = _silo.Grains.GetGrain<ISyncShardGrain>(GrainKeys.Shard(Corpus.Network, new(shard.Key)));
            foreach (var batch in shard.Chunk(128))
            {
                await grain.AppendAsync(Appends.Of(EnvelopeBatch.Pack(batch), Door.Sync));
            }
        }
    }

    /// <summary>One run with every partner.</summary>
    public async Task<SyncPartnerDescription[]> RunAsync()
    {
        var before = await WaitAsync(told => !told.IsRunning);
        Sync.TryBegin(null);
        var due = before.ToDictionary(told => told.PeerId, told => told.Runs);
        return await WaitAsync(told => told.Runs > due[told.PeerId]);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _folder.Dispose();
    }

    private static ushort TopicOf(ReadOnlySpan<byte> envelope) =>
        Envelope.TryRead(envelope, out var view) == RejectionCode.None ? view.TopicTag.ShardOf(Corpus.ShardBits).Value : throw new ArgumentException("Not an envelope.", nameof(envelope));

    private static byte[] SeedOf(int number) => SHA256.HashData(Encoding.ASCII.GetBytes($"sync relay {number}"));

    private static async Task<SyncRelay> StartAsync(byte[] seed, string address, string partners)
    {
        var folder = new TemporaryFolder();
        var silo = await BenchmarkSilo.StartAsync(folder["data"], services =>
        {
            services.AddShardFeeds();
            services.Configure<GatewayOptions>(options => options.Listen = address);
            services.AddDChatGateway(_ => IdentityOf(seed), "benchmark");
            services.Configure<SyncOptions>(options =>
                (options.Partners, options.Period, options.QuietWindow) = (partners, TimeSpan.FromDays(1), TimeSpan.Zero));
            services.AddDChatFederation();
        });
        return new SyncRelay(folder, silo);
    }

    private static GatewayIdentity IdentityOf(byte[] seed)
    {
        using var relay = SigningKey.FromSeed(SHA256.HashData(seed));
        using var key = SigningKey.FromSeed(seed);
        var delegation = new GatewayDelegation
        {
            Relay = new RelayId(relay.PublicKey),
            Gateway = key.PublicKey,
            NotBefore = DateTimeOffset.UnixEpoch,
            NotAfter = DateTimeOffset.UnixEpoch.AddYears(200),
        };
        var signed = Signed<GatewayDelegation>.Sign(Corpus.Network, delegation, relay);
        return new GatewayIdentity(new RelayId(relay.PublicKey), seed, () => signed);
    }

    private async Task<SyncPartnerDescription[]> WaitAsync(Func<SyncPartnerDescription, bool> isDone)
    {
        while (true)
        {
            var told = Sync.Describe().Partners;
            if (told.All(isDone))
            {
                return told;
            }

            await Task.Delay(PollPeriod);
        }
    }
}
