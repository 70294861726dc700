using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Protocols.AutoNat;
using DChat.Libp2p.Protocols.AutoNat.Wire;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Tests.Protocols.AutoNat;
using DChat.Libp2p.Wire;
using Nat = DChat.Libp2p.Protocols.AutoNat.AutoNat;

namespace DChat.Libp2p.Tests.Hostile;

/// <summary>Clients that make a server dial victims, and servers that lie.</summary>
public sealed class HostileAutoNatTests
{
    private const string Victim = "/ip4/1.1.1.1/tcp/4001";

    private static readonly Multiaddr Here = Multiaddr.Parse("/ip4/8.8.8.8/tcp/4001");
    private static readonly AutoNatMessage Success = new AutoNatMessage.Response(ResponseStatus.Ok, 0, DialStatus.Ok);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_victim_is_dialed_only_after_the_client_has_paid_more_than_it_costs()
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", l => l.MaxDialDelay = TimeSpan.Zero);
        var victim = await network.StartAtAsync("1.1.1.1");
        var client = await network.StartAtAsync("8.8.8.8");
        var (stream, answer) = await client.BeginAsync(server, "/ip4/10.0.0.1/tcp/1", Victim);
        await using var _ = stream;
        var data = Assert.IsType<AutoNatMessage.DataRequest>(answer);
        Assert.Equal(1U, data.Index);
        Assert.InRange(data.Count, 30_000UL, 100_000UL);
        var left = (int)data.Count;
        for (; left > AutoNatMessage.MaxData; left -= AutoNatMessage.MaxData / 2)
        {
            await stream.SendAsync(new AutoNatMessage.Data(AutoNatMessage.MaxData / 2));
        }

        await stream.SendAsync(new AutoNatMessage.Data(left - 1));
        Assert.DoesNotContain(Multiaddr.Parse(Victim), network.Internet.Dialed);
        await stream.SendAsync(new AutoNatMessage.Data(1));
        Assert.Equal(new AutoNatMessage.Response(ResponseStatus.Ok, 1, DialStatus.DialError), await stream.ReadAsync());

        // Once, and the victim is another peer, who is told nothing and asked nothing.
        Assert.Single(network.Internet.Dialed, Multiaddr.Parse(Victim));
        Assert.Empty(victim.Connections);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(99, false)]
    public async Task Bytes_in_too_small_pieces_reset_the_request(int length, bool isTaken)
    {
        await using var network = new TestNetwork();
        await using var server = await NatNode.ServeAsync(network, "9.9.9.9", l => l.MaxDialDelay = TimeSpan.Zero);
        var client = await network.StartAtAsync("8.8.8.8");
        var (stream, answer) = await client.BeginAsync(server, Victim);
        await using var _ = stream;
        var left = (int)Assert.IsType<AutoNatMessage.DataRequest>(answer).Count;
        var sending = Task.Run(async () =>
        {
            for (; left > 0; left -= length)
            {
                await stream.SendAsync(new AutoNatMessage.Data(length));
            }

            return await stream.ReadAsync();
        });
        if (isTaken)
        {
            Assert.IsType<AutoNatMessage.Response>(await sending);
            return;
        }

        Assert.Equal(Libp2pErrorCodes.StreamReset, (await Assert.ThrowsAsync<Libp2pException>(() => sending)).Code);
        Assert.DoesNotContain(Multiaddr.Parse(Victim), network.Internet.Dialed);
    }

    [Fact]
    public async Task A_server_that_says_it_reached_this_host_and_did_not_is_not_believed()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8", o => o.NetworksToConfirm = 1);
        var addresses = node.Host.Addresses;
        Assert.Equal(DialBackOutcome.Untrue, await AskLiarAsync(network, node, (_, stream, _) => stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.Ok, 1, DialStatus.Ok))));
        Assert.Equal(DialBackOutcome.Untrue, await AskLiarAsync(network, node, (_, stream, _) => stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.Ok, 0, DialStatus.Unused))));
        Assert.Equal(DialBackOutcome.Untrue, await AskLiarAsync(network, node, (_, stream, _) => stream.SendAsync(new AutoNatMessage.Response((ResponseStatus)7, 0, DialStatus.Ok))));
        Assert.Equal(DialBackOutcome.Untrue, await AskLiarAsync(network, node, (_, stream, _) => stream.SendAsync(new AutoNatMessage.Data(1))));
        Assert.Equal(DialBackOutcome.Untrue, await AskLiarAsync(network, node, (_, stream, _) => stream.SendAsync(new AutoNatMessage.DataRequest(1, 30_000))));
        Assert.Empty(addresses.Confirmed);
    }

    [Fact]
    public async Task A_nonce_that_comes_on_the_connection_of_the_request_proves_nothing()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var outcome = await AskLiarAsync(network, node, async (liar, stream, nonce) =>
        {
            await Assert.ThrowsAsync<Libp2pException>(() => DeliverAsync(liar, stream.Connection, nonce));
            await stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.Ok, 0, DialStatus.DialBackError));
        });
        Assert.Equal(DialBackOutcome.Undelivered, outcome);
    }

    [Fact]
    public async Task A_server_that_brings_the_nonce_and_says_it_could_not_connect_is_not_believed()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var outcome = await AskLiarAsync(network, node, async (liar, stream, nonce) =>
        {
            await DeliverAsync(liar, await DialAsync(liar, node, Here), nonce);
            await stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.Ok, 0, DialStatus.DialError));
        });
        Assert.Equal(DialBackOutcome.Untrue, outcome);
    }

    [Fact]
    public async Task A_nonce_that_comes_to_another_address_of_this_host_proves_nothing_for_the_one_asked_about()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var other = await node.Host.ListenAsync(Multiaddr.Parse("/ip4/8.8.8.8/tcp/4002"), Cancel);
        async Task BringAsync(Libp2pHost liar, Libp2pStream stream, ulong nonce)
        {
            await DeliverAsync(liar, await DialAsync(liar, node, other), nonce);
            await stream.SendAsync(Success);
        }

        Assert.Equal(DialBackOutcome.Untrue, await AskLiarAsync(network, node, BringAsync));
        Assert.Equal(DialBackOutcome.Reached, await AskLiarAsync(network, node, BringAsync, other));
    }

    [Fact]
    public async Task A_nonce_that_nobody_waits_for_is_not_taken()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var stranger = await network.StartAtAsync("9.9.9.9");
        await Assert.ThrowsAsync<Libp2pException>(async () => await DeliverAsync(stranger, await DialAsync(stranger, node, Here), 1));
    }

    [Theory]
    [InlineData(100_000, DialBackOutcome.Rejected)]
    [InlineData(100_001, DialBackOutcome.TooDear)]
    public async Task A_server_gets_so_many_bytes_for_a_dial(int count, DialBackOutcome expected)
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8");
        var outcome = await AskLiarAsync(network, node, async (_, stream, _) =>
        {
            await stream.SendAsync(new AutoNatMessage.DataRequest(0, (ulong)count));
            for (var left = count; left > 0;)
            {
                left -= Assert.IsType<AutoNatMessage.Data>(await stream.ReadAsync()).Length;
            }

            await stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.RequestRejected, 0, DialStatus.Unused));
        });
        Assert.Equal(expected, outcome);
    }

    [Fact]
    public async Task Many_lying_servers_of_one_network_have_one_vote()
    {
        await using var network = new TestNetwork();
        await using var node = await NatNode.StartAsync(network, "8.8.8.8", o => (o.NetworksToRefute, o.ServerPause) = (2, TimeSpan.Zero));
        node.Host.Addresses.Confirm(Here, TimeSpan.FromDays(1));
        for (var i = 1; i <= 6; i++)
        {
            var liar = await StartLiarAsync(network, $"9.9.9.{i}", (_, stream, _) => stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.Ok, 0, DialStatus.DialError)));
            await node.Host.ConnectAndIdentifyAsync(liar);
        }

        await TestHosts.UntilAsync(() => node.Nat.Addresses is [{ Failed: 1 }]);
        Assert.Equal([Here], node.Host.Addresses.Confirmed);
        var second = await StartLiarAsync(network, "9.9.8.1", (_, stream, _) => stream.SendAsync(new AutoNatMessage.Response(ResponseStatus.Ok, 0, DialStatus.DialError)));
        await node.Host.ConnectAndIdentifyAsync(second);
        await TestHosts.UntilAsync(() => node.Host.Addresses.Confirmed.Count == 0);
    }

    private static Task<Libp2pHost> StartLiarAsync(TestNetwork network, string ip, Func<Libp2pHost, Libp2pStream, ulong, Task> answerAsync)
    {
        return StartAsync();

        async Task<Libp2pHost> StartAsync()
        {
            var liar = await network.StartAtAsync(ip);
            liar.SetStreamHandler(Nat.DialRequestId, async (stream, _) =>
            {
                var request = Assert.IsType<AutoNatMessage.Request>(await stream.ReadAsync());
                await answerAsync(liar, stream, request.Nonce);
            });
            return liar;
        }
    }

    /// <summary>What a node makes of a server that answers as it likes. Each has an address of its own.</summary>
    private static async Task<DialBackOutcome> AskLiarAsync(
        TestNetwork network, NatNode node, Func<Libp2pHost, Libp2pStream, ulong, Task> answerAsync, Multiaddr? about = null)
    {
        var asked = 0;
        var liar = await StartLiarAsync(network, $"9.9.{network.Internet.Dialed.Count}.1", answerAsync: async (host, stream, nonce) =>
        {
            asked++;
            await answerAsync(host, stream, nonce);
        });
        await node.Host.ConnectAsync(liar.Address(), Cancel);
        var outcome = await node.Nat.AskAsync(liar.LocalPeer, about ?? Here, Cancel);
        Assert.True(asked > 0);
        await node.Host.DisconnectAsync(liar.LocalPeer);
        return outcome;
    }

    private static Task<PeerConnection> DialAsync(Libp2pHost liar, NatNode node, Multiaddr address) =>
        liar.ConnectAsync(node.Host.LocalPeer, [address], new DialOptions { ForceNew = true, OnlyNamed = true }, Cancel);

    private static async Task DeliverAsync(Libp2pHost liar, PeerConnection connection, ulong nonce)
    {
        await using var stream = await liar.NewStreamAsync(connection, [Nat.DialBackId], Cancel);
        LengthPrefixed.Write(stream.Output, DialBackMessage.Encode(nonce));
        await stream.Output.FlushAsync(Cancel);
        Assert.Empty(await LengthPrefixed.ReadAsync(stream.Input, 100, Cancel) ?? throw new Libp2pException(Libp2pErrorCodes.StreamReset, "No answer."));
    }
}
