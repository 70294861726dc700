using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.Gossip;
using DChat.Libp2p.Wire;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Libp2p.Tests.Protocols;

public sealed class IdentifyTests
{
    [Fact]
    public async Task Peers_learn_each_others_protocols_software_and_certified_addresses()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", o => o.AgentVersion = "bob/1"));
        bob.SetStreamHandler("/chat/1", TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);

        var info = alice.Peers.Find(bob.LocalPeer)!;
        Assert.Equal("bob/1", info.AgentVersion);
        Assert.Equal("ipfs/0.1.0", info.ProtocolVersion);
        Assert.Equal(["/chat/1", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"], info.Protocols!.Order());
        Assert.Equal(bob.ListenAddresses, info.Record!.Addresses);
        Assert.Equal(bob.ListenAddresses, info.Addresses);
        Assert.Equal(alice.Connections[0].LocalAddress, info.ObservedAddress);
        Assert.Equal(alice.ListenAddresses, bob.Peers.Find(alice.LocalPeer)!.Record!.Addresses);
    }

    [Fact]
    public async Task A_new_handler_is_pushed_to_connected_peers_once()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice", time: time), await network.StartAsync("bob", time: time));
        await alice.ConnectAndIdentifyAsync(bob);
        using var events = alice.Subscribe();
        bob.SetStreamHandler("/one/1", TestHosts.EchoAsync);
        bob.SetStreamHandler("/two/1", TestHosts.EchoAsync);
        time.Advance(IdentifyProtocol.PushDelay);

        var pushed = await events.NextAsync<PeerEvent.Identified>();
        Assert.True(pushed.IsPush);
        Assert.Superset(new HashSet<string> { "/one/1", "/two/1" }, new HashSet<string>(pushed.Info.Protocols!));
    }

    [Fact]
    public async Task A_push_changes_only_what_it_mentions()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        await alice.ConnectAndIdentifyAsync(bob);
        using var events = bob.Subscribe();
        await PushAsync(alice, bob, new IdentifyMessage { Protocols = ["/only/1"] });

        var info = (await events.NextAsync<PeerEvent.Identified>(e => e.IsPush)).Info;
        Assert.Equal(["/only/1"], info.Protocols!);
        Assert.Equal(alice.ListenAddresses, info.Addresses);
        Assert.NotNull(info.AgentVersion);
    }

    [Fact]
    public async Task The_address_a_peer_was_dialed_at_is_kept_even_if_it_claims_others()
    {
        await using var network = new TestNetwork();
        var claimed = Multiaddr.Parse("/ip4/10.0.0.1/tcp/1");
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", o => o.AnnounceAddresses.Add(claimed)));
        await alice.ConnectAndIdentifyAsync(bob);
        var info = alice.Peers.Find(bob.LocalPeer)!;
        Assert.Equal([claimed, bob.ListenAddresses[0]], info.Addresses);
        Assert.Equal([claimed], info.Record!.Addresses);
    }

    [Fact]
    public async Task An_older_record_does_not_replace_a_newer_one()
    {
        await using var network = new TestNetwork();
        using var key = PrivateKey.Generate();
        var (alice, bob) = (await network.StartAsync("alice", o => o.Identity = key), await network.StartAsync("bob"));
        await alice.ConnectAndIdentifyAsync(bob);
        using var events = bob.Subscribe();
        var old = new PeerRecord(alice.LocalPeer, 1, [Multiaddr.Parse("/memory/old")]).Sign(key).Encode();
        await PushAsync(alice, bob, new IdentifyMessage { SignedPeerRecord = old });

        Assert.Equal(alice.ListenAddresses, (await events.NextAsync<PeerEvent.Identified>(e => e.IsPush)).Info.Record!.Addresses);
    }

    [Theory]
    [InlineData("key", Libp2pErrorCodes.PeerMismatch)]
    [InlineData("record", Libp2pErrorCodes.BadSignature)]
    [InlineData("garbage", Libp2pErrorCodes.Malformed)]
    [InlineData("nothing", Libp2pErrorCodes.Malformed)]
    [InlineData("long", Libp2pErrorCodes.LimitReached)]
    public async Task A_peer_that_lies_about_itself_is_reported_and_nothing_is_believed(string lie, string code)
    {
        await using var network = new TestNetwork();
        using var thief = PrivateKey.Generate();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(IdentifyProtocol.Id, async (stream, token) =>
        {
            var record = new PeerRecord(thief.Peer, 1, []).Sign(thief).Encode();
            byte[] message = lie switch
            {
                "key" => new IdentifyMessage { PublicKey = thief.PublicKey.Encode(), Protocols = ["/x"] }.Encode(),
                "record" => new IdentifyMessage { SignedPeerRecord = record, Protocols = ["/x"] }.Encode(),
                "garbage" => [0xff],
                "long" => new byte[IdentifyMessage.MaxLength + 1],
                _ => [],
            };
            if (lie != "nothing")
            {
                LengthPrefixed.Write(stream.Output, message);
            }

            await stream.CloseWriteAsync(token);
        });
        using var events = alice.Subscribe();
        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);

        Assert.Equal(code, (await events.NextAsync<PeerEvent.IdentifyFailed>()).Fault.Code);
        Assert.Null(alice.Peers.Find(bob.LocalPeer)!.Protocols);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_is_reported_in_time()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice", time: time), await network.StartAsync("bob"));
        var asked = new TaskCompletionSource();
        bob.SetStreamHandler(IdentifyProtocol.Id, async (stream, token) =>
        {
            asked.SetResult();
            await stream.Completion.WaitAsync(token);
        });
        using var events = alice.Subscribe();
        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        await asked.Task;
        time.Advance(IdentifyProtocol.Timeout);

        Assert.Equal(Libp2pErrorCodes.TimedOut, (await events.NextAsync<PeerEvent.IdentifyFailed>()).Fault.Code);
    }

    [Fact]
    public void Messages_are_put_together_and_what_is_too_much_is_left_out()
    {
        var addresses = Enumerable.Range(0, IdentifyMessage.MaxAddresses + 1).Select(i => Multiaddr.Parse($"/memory/{i}")).ToArray();
        var first = new IdentifyMessage { AgentVersion = new string('a', IdentifyMessage.MaxText + 1), ListenAddresses = addresses, Protocols = ["/a"] };
        var second = new IdentifyMessage
        {
            SignedPeerRecord = [1],
            Protocols = [.. Enumerable.Range(0, IdentifyMessage.MaxProtocols).Select(i => $"/{i}"), new string('p', IdentifyMessage.MaxText + 1)],
        };
        Assert.True(IdentifyMessage.TryMerge(new IdentifyMessage(), first.Encode(), out var merged));
        Assert.True(IdentifyMessage.TryMerge(merged, second.Encode(), out merged));

        Assert.Equal(IdentifyMessage.MaxText, merged.AgentVersion!.Length);
        Assert.Equal(addresses[..IdentifyMessage.MaxAddresses], merged.ListenAddresses);
        Assert.Equal(IdentifyMessage.MaxProtocols, merged.Protocols.Count);
        Assert.Equal([1], merged.SignedPeerRecord!);
    }

    [Fact]
    public async Task A_change_before_a_peer_is_identified_is_pushed_when_it_is()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice", time: time), await network.StartAsync("bob"));
        var answer = new TaskCompletionSource();
        bob.SetStreamHandler(IdentifyProtocol.Id, async (stream, token) =>
        {
            await answer.Task.WaitAsync(token);
            LengthPrefixed.Write(stream.Output, new IdentifyMessage { Protocols = [IdentifyProtocol.PushId] }.Encode());
            await stream.CloseWriteAsync(token);
        });
        using var events = bob.Subscribe();
        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        await events.NextAsync<PeerEvent.Identified>();
        var running = alice.RunningTasks;
        alice.SetStreamHandler("/late/1", TestHosts.EchoAsync);
        time.Advance(IdentifyProtocol.PushDelay);
        await GossipNode.UntilAsync(() => alice.RunningTasks <= running);
        answer.SetResult();

        var pushed = await events.NextAsync<PeerEvent.Identified>(e => e.IsPush);
        Assert.Contains("/late/1", pushed.Info.Protocols!);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_peer_that_fails_to_tell_who_it_is_is_asked_again_so_many_times(int failures)
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice", time: time), await network.StartAsync("bob"));
        var asked = 0;
        bob.SetStreamHandler(IdentifyProtocol.Id, async (stream, token) =>
        {
            if (Interlocked.Increment(ref asked) <= failures)
            {
                stream.Reset();
                return;
            }

            LengthPrefixed.Write(stream.Output, new IdentifyMessage { AgentVersion = "bob" }.Encode());
            await stream.CloseWriteAsync(token);
        });
        using var events = alice.Subscribe();
        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        var delays = IdentifyProtocol.RetryDelays.Length;
        for (var i = 0; i < Math.Min(failures, delays + 1); i++)
        {
            await events.NextAsync<PeerEvent.IdentifyFailed>();
            if (i < delays)
            {
                Retry(i);
            }
        }

        if (failures <= delays)
        {
            Assert.Equal("bob", (await events.NextAsync<PeerEvent.Identified>()).Info.AgentVersion);
        }

        Assert.Equal(Math.Min(failures, delays) + 1, asked);

        // The pause begins a moment after the failure is told. Time stands still while the peer is being asked: an attempt has a limit, too.
        void Retry(int attempt)
        {
            do
            {
                time.Advance(IdentifyProtocol.RetryDelays[attempt]);
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
            while (!SpinWait.SpinUntil(() => Volatile.Read(ref asked) > attempt + 1, TimeSpan.FromSeconds(1)));
        }
    }

    [Fact]
    public async Task A_peer_that_pushes_too_often_is_not_read()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", time: time));
        await alice.ConnectAndIdentifyAsync(bob);
        for (var i = 1; i <= PushRate.Burst + 1; i++)
        {
            await PushAndWaitAsync(i);
        }

        Assert.Equal([$"/push/{PushRate.Burst}"], bob.Peers.Find(alice.LocalPeer)!.Protocols!);
        time.Advance(PushRate.Interval);
        await PushAndWaitAsync(100);
        Assert.Equal(["/push/100"], bob.Peers.Find(alice.LocalPeer)!.Protocols!);

        async Task PushAndWaitAsync(int number)
        {
            await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [IdentifyProtocol.PushId], TestContext.Current.CancellationToken);
            try
            {
                LengthPrefixed.Write(stream.Output, new IdentifyMessage { Protocols = [$"/push/{number}"] }.Encode());
                await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
                await stream.Input.ReadAsync(TestContext.Current.CancellationToken);
            }
            catch (Libp2pException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public async Task What_a_public_peer_says_about_loopback_and_private_addresses_is_not_kept_and_its_real_address_is()
    {
        await using var network = new TestNetwork();
        var internet = new SimulatedInternet();
        var real = Multiaddr.Parse("/ip4/9.9.9.9/tcp/4001");
        var victim = await network.StartAsync("victim", o => At(o, "8.8.8.8"));
        var liar = await network.StartAsync("liar", o =>
        {
            At(o, "9.9.9.9");
            for (var i = 1; i < 8; i++)
            {
                o.AnnounceAddresses.Add(Multiaddr.Parse($"/ip4/127.0.0.1/tcp/{i}"));
                o.AnnounceAddresses.Add(Multiaddr.Parse($"/ip4/192.168.0.1/tcp/{i}"));
            }

            o.AnnounceAddresses.Add(real);
        });
        using var events = victim.Subscribe();
        await liar.ConnectAsync(victim.Address(), TestContext.Current.CancellationToken);

        Assert.Equal([real], (await events.NextAsync<PeerEvent.Identified>()).Info.Addresses);

        void At(Libp2pOptions options, string ip)
        {
            options.Transports.Clear();
            options.Transports.Add(internet.At(ip));
            options.ListenAddresses.Clear();
            options.ListenAddresses.Add(Multiaddr.Parse($"/ip4/{ip}/tcp/4001"));
        }
    }

    private static async Task PushAsync(Libp2pHost from, Libp2pHost to, IdentifyMessage message)
    {
        await using var stream = await from.NewStreamAsync(to.LocalPeer, [IdentifyProtocol.PushId], TestContext.Current.CancellationToken);
        LengthPrefixed.Write(stream.Output, message.Encode());
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
    }
}
