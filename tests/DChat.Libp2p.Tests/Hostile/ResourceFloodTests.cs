using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Transports;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Floods of streams and of bytes that nobody reads, and an honest peer that is served all the while.</summary>
public sealed class ResourceFloodTests
{
    private const string Deaf = "/deaf/1";
    private const string Echo = "/echo/1";
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task Unread_bytes_from_sixty_four_connections_of_one_network_stay_within_its_budget_and_hinder_nobody_else()
    {
        await using var network = new TestNetwork();
        var hub = await StartHubAsync(network, o =>
        {
            o.Resources.MaxMemory = 32 * MiB;
            o.Resources.MemoryPerNetwork.Ip4Slash32 = 2 * MiB;
            o.Resources.MemoryPerNetwork.Ip4Slash24 = 8 * MiB;
        });
        var sessions = new List<IMuxedConnection>();
        for (var i = 0; i < 64; i++)
        {
            sessions.Add((await new RawDialer(network.Internet, $"10.0.0.{1 + (i % 16)}").ConnectAsync(hub.ListenAddresses[0])).Muxed);
        }

        var honest = await network.StartAtAsync("203.0.113.7");
        await honest.ConnectAndIdentifyAsync(hub);
        var flood = Task.WhenAll(sessions.Select(s => FloodAsync(s, streams: 8, bytes: 200_000)));
        var most = 0L;
        for (var i = 0; i < 50 || !flood.IsCompleted; i++)
        {
            await TransferAsync(honest, hub, 100_000);
            most = Math.Max(most, hub.Resources.Describe().Networks.Where(n => n.Key.ToString() == "10.0.0.0/24").Max(n => n.Value.Memory));
        }

        await flood;
        Assert.InRange(most, 1 * MiB, 8 * MiB);
        Assert.InRange(hub.Resources.Usage.Memory, 0, 32 * MiB);
        Assert.Contains(hub.Resources.Refusals, r => r is { Resource: ResourceKind.Memory, Scope: ResourceScopeKind.Network, Count: > 0 });
        Assert.DoesNotContain(hub.Resources.Refusals, r => r.Scope is ResourceScopeKind.Host or ResourceScopeKind.Peer);

        // Who goes leaves nothing behind.
        await Task.WhenAll(sessions.Select(s => s.CloseAsync()));
        await honest.DisposeAsync();
        await TestHosts.UntilAsync(() => hub.Resources.Usage == default);
    }

    [Fact]
    public async Task Streams_from_many_networks_that_fill_a_host_make_room_for_an_honest_one()
    {
        await using var network = new TestNetwork();
        var hub = await StartHubAsync(network, o => o.Resources.MaxInboundStreams = 400);
        var sessions = new List<IMuxedConnection>();
        for (var i = 0; i < 8; i++)
        {
            sessions.Add((await new RawDialer(network.Internet, $"10.0.{i}.1").ConnectAsync(hub.ListenAddresses[0])).Muxed);
        }

        await TestHosts.UntilAsync(() => hub.Resources.Usage.InboundConnections == 8);
        await Task.WhenAll(sessions.Select(s => FloodAsync(s, streams: 100, bytes: 1)));
        await TestHosts.UntilAsync(() => hub.Resources.Refusals.Any(r => r is { Resource: ResourceKind.InboundStreams, Scope: ResourceScopeKind.Host }));
        var honest = await network.StartAtAsync("203.0.113.7");
        await honest.ConnectAndIdentifyAsync(hub);
        for (var i = 0; i < 100; i++)
        {
            await TransferAsync(honest, hub, 1000);
            Assert.InRange(hub.Resources.Usage.InboundStreams, 0, 400);
        }
    }

    private static async Task<Libp2pHost> StartHubAsync(TestNetwork network, Action<Libp2pOptions> configure)
    {
        var hub = await network.StartAtAsync("198.51.100.1", configure);
        hub.SetStreamHandler(Echo, TestHosts.EchoAsync, new ProtocolLimits(MaxInbound: 1000));
        hub.SetStreamHandler(Deaf, (stream, stop) => stream.Completion.WaitAsync(stop), new ProtocolLimits(MaxInbound: 1000));
        return hub;
    }

    /// <summary>Opens streams and sends what the other side will not read. Being refused is what is to be expected.</summary>
    private static async Task FloodAsync(IMuxedConnection session, int streams, int bytes)
    {
        for (var i = 0; i < streams; i++)
        {
            try
            {
                var stream = await session.OpenStreamAsync(TestContext.Current.CancellationToken);
                await stream.Output.WriteTextAsync($"\u0013/multistream/1.0.0\n{(char)(Deaf.Length + 1)}{Deaf}\n");
                await stream.Output.WriteAsync(new byte[bytes], TestContext.Current.CancellationToken);
            }
            catch (Libp2pException)
            {
                // The next may fare better.
            }
        }
    }

    private static async Task TransferAsync(Libp2pHost from, Libp2pHost to, int length)
    {
        await using var stream = await from.NewStreamAsync(Assert.Single(from.ConnectionsTo(to.LocalPeer)), [Echo], TestContext.Current.CancellationToken);
        var sent = Pipes.Pattern(length);
        await stream.Output.WriteAsync(sent, TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        Assert.Equal(sent, await stream.Input.ReadToEndAsync());
    }
}
