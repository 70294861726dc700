using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Swarm;

namespace DChat.Libp2p.Tests.Peers;

public sealed class PeerEventTests : IDisposable
{
    private readonly PrivateKey[] _keys = [.. Enumerable.Range(0, 5).Select(_ => PrivateKey.Generate())];

    public void Dispose() => Array.ForEach(_keys, key => key.Dispose());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_reader_that_falls_behind_ends_with_the_truth_about_every_peer(int seed)
    {
        var random = new Random(seed);
        var feed = new PeerEventFeed();
        var table = TableOf(feed);
        using var events = feed.Subscribe(8);
        var reader = new Reader();
        var open = new List<PeerConnection>();
        var agents = new Dictionary<PeerConnection, string>();
        for (var i = 0; i < 5000; i++)
        {
            var connection = open.Count > 0 ? open[random.Next(open.Count)] : null;
            switch (random.Next(connection is null ? 1 : open.Count > 10 ? 5 : 4))
            {
                case 0:
                    connection = StubConnection.To(_keys[random.Next(_keys.Length)]);
                    Assert.Null(table.Add(connection, out _));
                    open.Add(connection);
                    break;
                case 1:
                    agents[connection!] = $"{i}";
                    feed.Publish(new PeerEvent.Identified(connection!, new PeerInfo(connection!.RemotePeer) { AgentVersion = $"{i}" }, IsPush: false));
                    break;
                case 2:
                    feed.Publish(new PeerEvent.DialFailed(null, new Libp2pException(Libp2pErrorCodes.DialFailed, "x")));
                    break;
                default:
                    open.Remove(connection!);
                    agents.Remove(connection!);
                    table.Remove(connection!, CloseReason.Remote);
                    break;
            }

            // Connections and identifications that the reader knows of, each once to open and once to close.
            Assert.InRange(events.Count, 0, 64);
            while (random.Next(20) == 0 && events.TryRead(out var occurred))
            {
                reader.Read(occurred);
            }
        }

        while (events.TryRead(out var occurred))
        {
            reader.Read(occurred);
        }

        Assert.True(events.Merged > 0);
        Assert.Equal(open.ToHashSet(), reader.Open);
        Assert.Equal(agents.OrderBy(a => a.Value), reader.Agents.OrderBy(a => a.Value));
    }

    [Fact]
    public async Task First_and_last_never_flip_whoever_connects_and_leaves_at_once()
    {
        var feed = new PeerEventFeed();
        var table = TableOf(feed);
        using var events = feed.Subscribe(1_000_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var connection = StubConnection.To(_keys[0]);
                Assert.Null(table.Add(connection, out var _));
                table.Remove(connection, CloseReason.Remote);
            }
        })));

        var reader = new Reader();
        while (events.TryRead(out var occurred))
        {
            reader.Read(occurred);
        }

        Assert.Empty(reader.Open);
    }

    [Fact]
    public async Task A_thousand_refused_connections_are_counted_and_erase_no_event()
    {
        await using var network = new TestNetwork();
        using var meters = new Meters();
        var hub = await network.StartAtAsync("198.51.100.1", meters: meters);
        var peer = await network.StartAtAsync("203.0.113.7");
        using var events = hub.Subscribe(2);
        await peer.ConnectAndIdentifyAsync(hub);
        var stranger = network.Internet.At("10.0.0.1");
        for (var i = 0; i < 1000; i++)
        {
            var socket = await stranger.DialAsync(hub.ListenAddresses[0], TestContext.Current.CancellationToken);
            await socket.DisposeAsync();
        }

        while (meters.Refused < 1000)
        {
            await Task.Yield();
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }

        Assert.Equal(0, events.Merged);
        Assert.True((await events.NextAsync<PeerEvent.ConnectionOpened>()).IsFirst);
        Assert.Equal(peer.LocalPeer, (await events.NextAsync<PeerEvent.Identified>()).Info.Peer);
    }

    [Fact]
    public async Task An_event_over_which_its_reader_fails_costs_none_that_comes_after_it()
    {
        var feed = new PeerEventFeed();
        var events = feed.Subscribe();
        var (taken, faults) = (new List<PeerEvent>(), new List<Exception>());
        var (fault, stop) = (new InvalidOperationException("A bug."), new CancellationTokenSource());
        PeerEvent[] dials = [.. Enumerable.Range(1, 3).Select(_ => new PeerEvent.DialFailed(TestHosts.SomePeer(), new Libp2pException(Libp2pErrorCodes.DialFailed, "Nobody.")))];
        Array.ForEach(dials, feed.Publish);
        await events.ForEachAsync(Take, faults.Add, stop.Token);
        Assert.Equal(dials, taken);
        Assert.Equal([fault], faults);
        feed.Publish(dials[0]);
        Assert.False(events.TryRead(out _));

        void Take(PeerEvent occurred)
        {
            taken.Add(occurred);
            if (taken.Count == 1)
            {
                throw fault;
            }

            if (taken.Count == dials.Length)
            {
                stop.Cancel();
            }
        }
    }

    private static ConnectionTable TableOf(PeerEventFeed feed) => new(
        new ResourceManager(new ResourceLimits()),
        new ConnectionLimits(),
        new ConnectionManager(new ConnectionManagerOptions()),
        (connection, reason, open) => feed.Publish(PeerEvent.Of(connection, reason, open)));

    /// <summary>Believes what it reads, and fails when it makes no sense.</summary>
    private sealed class Reader
    {
        public HashSet<PeerConnection> Open { get; } = [];

        public Dictionary<PeerConnection, string> Agents { get; } = [];

        public void Read(PeerEvent occurred)
        {
            switch (occurred)
            {
                case PeerEvent.ConnectionOpened e:
                    Assert.Equal(e.IsFirst, Open.All(c => !c.RemotePeer.Equals(e.Connection.RemotePeer)));
                    Assert.True(Open.Add(e.Connection));
                    break;
                case PeerEvent.ConnectionClosed e:
                    Assert.True(Open.Remove(e.Connection));
                    Assert.Equal(e.IsLast, Open.All(c => !c.RemotePeer.Equals(e.Connection.RemotePeer)));
                    Agents.Remove(e.Connection);
                    break;
                case PeerEvent.Identified e:
                    Assert.Contains(e.Connection, Open);
                    Agents[e.Connection] = e.Info.AgentVersion!;
                    break;
            }
        }
    }
}
