using DChat.Libp2p.Yamux;

namespace DChat.Libp2p.Tests.Host;

/// <summary>The end of a stream whose protocol was proposed and not yet answered.</summary>
public sealed class EarlyEndTests
{
    private const string Echo = "/echo/1.0.0";

    [Theory]
    [InlineData("DChat.Libp2p/0.1.0", true)]
    [InlineData("chat/1 DChat.Libp2p/0.1.0", true)]
    [InlineData("DChat.Libp2p.Other/0.1.0", false)]
    [InlineData("js-libp2p/3.3.11", false)]
    [InlineData("", false)]
    public async Task The_end_waits_for_the_answer_unless_the_peer_is_of_this_library(string agent, bool isEarly)
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", o => o.AgentVersion = agent));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);
        ((YamuxSession)bob.Connections[0].Muxed).Output.Stop(new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "Struck dumb."));

        var stream = await alice.NewStreamAsync(bob.LocalPeer, [Echo], TestContext.Current.CancellationToken);
        var close = stream.CloseWriteAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(isEarly, close.IsCompletedSuccessfully);
        stream.Reset();
    }

    [Fact]
    public async Task A_refusal_is_read_as_one_though_both_halves_have_ended()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        bob.SetStreamHandler(Echo, TestHosts.EchoAsync);
        await alice.ConnectAndIdentifyAsync(bob);
        alice.Store.Update(bob.LocalPeer, info => info with { Protocols = new HashSet<string> { "/gone/1" } });

        var stream = await alice.NewStreamAsync(bob.LocalPeer, ["/gone/1"], TestContext.Current.CancellationToken);
        await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
        await stream.Completion.WaitAsync(TestNetwork.Patience, TestContext.Current.CancellationToken);
        for (var i = 0; i < 2; i++)
        {
            var fault = await Assert.ThrowsAsync<Libp2pException>(async () => await stream.Input.ReadAsync(TestContext.Current.CancellationToken));
            Assert.Equal(Libp2pErrorCodes.NotSupported, fault.Code);
        }
    }
}
