using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.CircuitRelay;
using DChat.Libp2p.Protocols.Dcutr;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;
using Puncher = DChat.Libp2p.Protocols.Dcutr.Dcutr;

namespace DChat.Libp2p.Tests.Protocols.Dcutr;

/// <summary>A relay, Bob who listens through it, and Alice who dials him.</summary>
public sealed class DcutrTests : IAsyncDisposable
{
    private const string Echo = "/echo/1.0.0";

    private readonly TestNetwork _network = new();
    private readonly Meters _meters = new();
    private readonly List<IAsyncDisposable> _punchers = [];
    private CircuitRelayService? _service;
    private Libp2pHost? _relay;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var puncher in _punchers)
        {
            await puncher.DisposeAsync();
        }

        _service?.Dispose();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task Two_peers_behind_nats_that_dial_each_other_at_once_get_one_direct_connection()
    {
        var (bob, alice) = (await StartBobAsync(), await StartAsync("9.9.9.9", "10.0.0.6"));
        await PunchAsync(bob);
        await PunchAsync(alice);
        await ReachAsync(alice, bob);
        await TestHosts.UntilAsync(() => Direct(alice, bob) is not null && Direct(bob, alice) is not null);

        // Both have dialed, so both say so; Alice has begun the handshake.
        Assert.Equal((Direction.Outbound, Direction.Outbound), (Direct(alice, bob)!.Direction, Direct(bob, alice)!.Direction));
        Assert.Equal(Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001"), Direct(alice, bob)!.RemoteAddress);
        await _meters.ReachesAsync("dcutr.upgrades/punched", 1);
        await EchoAsync(alice, bob);
        await EchoAsync(bob, alice);
    }

    [Fact]
    public async Task New_streams_take_the_direct_connection_and_the_relayed_one_ends_after_its_grace()
    {
        var time = new GraceTime(TimeSpan.FromSeconds(7));
        var (bob, alice) = (await StartBobAsync(time), await StartAsync("9.9.9.9", "10.0.0.6"));
        await PunchAsync(bob, o => o.RelayedGrace = time.Grace);
        await PunchAsync(alice, o => o.RelayedGrace = TimeSpan.FromMinutes(10));
        await ReachAsync(alice, bob);
        await _meters.ReachesAsync("dcutr.upgrades/punched", 1);
        await using (var stream = await bob.NewStreamAsync(alice.LocalPeer, [Echo], Cancel))
        {
            Assert.False(stream.Connection.RemoteAddress.IsRelayed);
        }

        Assert.Equal(2, bob.ConnectionsTo(alice.LocalPeer).Count);
        await time.Begun.WaitAsync(TestNetwork.Patience, Cancel);
        time.Advance(time.Grace - TimeSpan.FromTicks(1));
        Assert.Equal(2, bob.ConnectionsTo(alice.LocalPeer).Count);
        await TestHosts.StepUntilAsync(time, TimeSpan.FromTicks(1), () => bob.ConnectionsTo(alice.LocalPeer).Count == 1);
        Assert.NotNull(Direct(bob, alice));
    }

    [Fact]
    public async Task A_relayed_connection_stays_when_the_direct_one_does_not_last()
    {
        var time = new FakeTimeProvider();
        var (bob, alice) = (await StartBobAsync(time), await StartAsync("9.9.9.9", "10.0.0.6"));
        await PunchAsync(bob);
        await PunchAsync(alice, o => o.RelayedGrace = TimeSpan.FromMinutes(10));
        await ReachAsync(alice, bob);
        await _meters.ReachesAsync("dcutr.upgrades/punched", 1);
        await Direct(bob, alice)!.CloseAsync();
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(alice.LocalPeer).Count == 1);
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(Assert.Single(bob.ConnectionsTo(alice.LocalPeer)).IsUsable);
    }

    [Fact]
    public async Task A_peer_with_a_public_address_is_dialed_there_first()
    {
        var bob = await StartBobAsync();
        var alice = await _network.StartAtAsync("9.9.9.9");
        alice.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await PunchAsync(bob);
        await PunchAsync(alice);
        await ReachAsync(alice, bob);
        await _meters.ReachesAsync("dcutr.upgrades/reversed", 1);
        Assert.Equal(alice.ListenAddresses[0], Direct(bob, alice)!.RemoteAddress);
        Assert.DoesNotContain(Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001"), _network.Internet.Dialed);
        await EchoAsync(bob, alice);
    }

    [Fact]
    public async Task An_upgrade_that_fails_is_tried_so_often_and_leaves_the_relayed_connection()
    {
        var (bob, alice) = (await StartBobAsync(), await StartAsync("9.9.9.9", "10.0.0.6"));
        var attempts = 0;
        alice.SetStreamHandler(
            Puncher.Id,
            async (stream, stop) =>
            {
                Interlocked.Increment(ref attempts);
                await LengthPrefixed.ReadAsync(stream.Input, 5000, stop);
                LengthPrefixed.Write(stream.Output, new DcutrMessage(DcutrMessage.Sync, []).Encode());
                await stream.Output.FlushAsync(stop);
            },
            new ProtocolLimits(OnLimited: true));
        await PunchAsync(bob, o => o.Attempts = 2);
        await ReachAsync(alice, bob);
        await _meters.ReachesAsync("dcutr.upgrades/failed", 1);
        Assert.Equal(2, attempts);
        Assert.True(Assert.Single(bob.ConnectionsTo(alice.LocalPeer)).IsUsable);
    }

    [Fact]
    public async Task An_attempt_in_which_nobody_gets_through_ends_after_its_time()
    {
        var time = new FakeTimeProvider();
        var (bob, alice) = (await StartBobAsync(time), await StartAsync("9.9.9.9", "10.0.0.6"));
        alice.SetStreamHandler(
            Puncher.Id,
            async (stream, stop) =>
            {
                await LengthPrefixed.ReadAsync(stream.Input, 5000, stop);
                LengthPrefixed.Write(stream.Output, new DcutrMessage(DcutrMessage.Connect, [Multiaddr.Parse("/ip4/9.9.9.9/tcp/4001")]).Encode());
                await stream.Output.FlushAsync(stop);
                await LengthPrefixed.ReadAsync(stream.Input, 5000, stop);
            },
            new ProtocolLimits(OnLimited: true));
        var puncher = await PunchAsync(bob, o => o.Initiates = false);
        await ReachAsync(alice, bob);
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(alice.LocalPeer).Count == 1);
        var upgrade = puncher.UpgradeAsync(bob.ConnectionsTo(alice.LocalPeer)[0], Cancel);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await TestHosts.UntilAsync(() => Dials() == attempt);
            Assert.False(upgrade.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(5));
        }

        var fault = await Assert.ThrowsAsync<Libp2pException>(() => upgrade);
        Assert.Equal((Libp2pErrorCodes.TimedOut, true), (fault.Code, fault.IsTransient));
        Assert.Equal(1, _meters["dcutr.upgrades/failed"]);
        Assert.Equal(3, Dials());

        int Dials() => _network.Internet.Dialed.Count(a => a.Equals(Multiaddr.Parse("/ip4/9.9.9.9/tcp/4001")));
    }

    [Fact]
    public async Task A_peer_that_was_not_reached_through_a_relay_cannot_make_this_host_dial()
    {
        var (bob, alice) = (await StartBobAsync(), await _network.StartAtAsync("9.9.9.9"));
        await PunchAsync(alice);
        await bob.ConnectAndIdentifyAsync(alice);
        await Assert.ThrowsAsync<Libp2pException>(() => AskAsync(bob, bob.ConnectionsTo(alice.LocalPeer)[0], "/ip4/1.1.1.1/tcp/1"));
        await Assert.ThrowsAsync<ArgumentException>(() => new Puncher(bob).UpgradeAsync(bob.ConnectionsTo(alice.LocalPeer)[0], Cancel));
        Assert.DoesNotContain(_network.Internet.Dialed, a => a.ToString().StartsWith("/ip4/1.", StringComparison.Ordinal) && !a.ToString().StartsWith("/ip4/1.2.3.4", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_so_many_public_addresses_of_what_a_peer_tells_are_dialed()
    {
        var (bob, alice) = (await StartBobAsync(), await StartAsync("9.9.9.9", "10.0.0.6"));
        await PunchAsync(alice, o => o.MaxAddresses = 2);
        await ReachAsync(alice, bob);
        await TestHosts.UntilAsync(() => bob.ConnectionsTo(alice.LocalPeer).Count == 1);
        await AskAsync(
            bob,
            bob.ConnectionsTo(alice.LocalPeer)[0],
            "/ip4/127.0.0.1/tcp/1",
            "/ip4/10.0.0.1/tcp/1",
            "/ip4/192.0.2.1/tcp/1",
            "/ip4/1.1.1.1/tcp/1",
            "/ip4/1.1.1.1/tcp/1/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
            "/ip4/1.1.1.2/tcp/1",
            "/ip4/1.1.1.3/tcp/1");
        await TestHosts.UntilAsync(() => _network.Internet.Dialed.Contains(Multiaddr.Parse("/ip4/1.1.1.2/tcp/1")));
        Assert.Equal(
            ["/ip4/1.1.1.1/tcp/1", "/ip4/1.1.1.2/tcp/1"],
            _network.Internet.Dialed.Select(a => a.ToString()).Where(a => a.EndsWith("/tcp/1", StringComparison.Ordinal)));
    }

    /// <summary>Makes one attempt by hand as the peer that was reached through the relay.</summary>
    private static async Task AskAsync(Libp2pHost host, PeerConnection connection, params string[] addresses)
    {
        var stream = await host.NewStreamAsync(connection, [Puncher.Id], Cancel);
        LengthPrefixed.Write(stream.Output, new DcutrMessage(DcutrMessage.Connect, [.. addresses.Select(Multiaddr.Parse)]).Encode());
        await stream.Output.FlushAsync(Cancel);
        Assert.True(DcutrMessage.TryDecode(await LengthPrefixed.ReadAsync(stream.Input, 5000, Cancel), out var answer));
        Assert.Equal(DcutrMessage.Connect, answer.Type);
        LengthPrefixed.Write(stream.Output, new DcutrMessage(DcutrMessage.Sync, []).Encode());
        await stream.Output.FlushAsync(Cancel);
    }

    private static PeerConnection? Direct(Libp2pHost host, Libp2pHost other) =>
        host.ConnectionsTo(other.LocalPeer).FirstOrDefault(c => c.IsUsable && !c.RemoteAddress.IsRelayed);

    private static async Task EchoAsync(Libp2pHost host, Libp2pHost other)
    {
        await using var stream = await host.NewStreamAsync(other.LocalPeer, [Echo], Cancel);
        LengthPrefixed.Write(stream.Output, "hello"u8);
        await stream.CloseWriteAsync(Cancel);
        Assert.Equal("hello"u8.ToArray(), await LengthPrefixed.ReadAsync(stream.Input, 100, Cancel));
    }

    private async Task<Puncher> PunchAsync(Libp2pHost host, Action<DcutrOptions>? configure = null)
    {
        var options = new DcutrOptions();
        configure?.Invoke(options);
        var puncher = new Puncher(host, options, meters: _meters);
        _punchers.Add(puncher);
        await puncher.StartAsync(Cancel);
        return puncher;
    }

    /// <summary>A host behind a NAT that the relay sees at its public address.</summary>
    private async Task<Libp2pHost> StartAsync(string ip, string inside, Multiaddr? through = null, TimeProvider? time = null)
    {
        if (_relay is null)
        {
            _relay = await _network.StartAtAsync("1.2.3.4");
            _service = new CircuitRelayService(_relay);
        }

        var host = await _network.StartAsync(
            ip,
            o =>
            {
                o.Transports.Clear();
                o.Transports.Add(_network.Internet.BehindNat(ip));
                o.ListenAddresses.Clear();
                o.ListenAddresses.Add(Multiaddr.Parse($"/ip4/{inside}/tcp/4001"));
                o.LimitedProtocols.Add(Puncher.Id);
                if (through is not null)
                {
                    o.ListenAddresses.Add(through);
                }
            },
            time);
        host.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await host.ConnectAsync(_relay.Address(), Cancel);
        await TestHosts.UntilAsync(() => host.Addresses.Candidates.Count == 1);
        return host;
    }

    private async Task<Libp2pHost> StartBobAsync(TimeProvider? time = null)
    {
        _relay = await _network.StartAtAsync("1.2.3.4");
        _service = new CircuitRelayService(_relay);
        return await StartAsync("8.8.8.8", "10.0.0.5", Multiaddr.Parse($"{_relay.Address()}/p2p-circuit"), time);
    }

    private Task<PeerConnection> ReachAsync(Libp2pHost alice, Libp2pHost bob) =>
        alice.ConnectAsync(Multiaddr.Parse($"{_relay!.Address()}/p2p-circuit").WithPeer(bob.LocalPeer), Cancel);

    /// <summary>Time that says when the grace of a relayed connection has begun: the upgrade is counted before.</summary>
    private sealed class GraceTime(TimeSpan grace) : FakeTimeProvider
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeSpan Grace => grace;

        public Task Begun => _begun.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == grace)
            {
                _begun.TrySetResult();
            }

            return timer;
        }
    }
}
