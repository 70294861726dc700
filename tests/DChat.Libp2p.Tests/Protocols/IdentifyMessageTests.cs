using DChat.Libp2p.Addresses;
using DChat.Libp2p.Protocols.Identify;
using DChat.Libp2p.Tests.Host;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Tests.Protocols;

public sealed class IdentifyMessageTests
{
    private static readonly IdentifyMessage Long = new()
    {
        ListenAddresses = [.. Enumerable.Range(0, 16).Select(i => Multiaddr.Parse($"/dns/{new string('a', 80)}/tcp/{i}"))],
        Protocols = [.. Enumerable.Range(0, 30).Select(i => $"/protocol/number/{i}/1.0.0")],
        SignedPeerRecord = new byte[1500],
        AgentVersion = "agent",
    };

    [Fact]
    public void A_message_that_fits_is_sent_whole_and_one_byte_more_costs_the_last_address()
    {
        var length = Long.Encode().Length;
        Assert.Equal(Long.Encode(), Long.Fit(length).Encode());
        var cut = Long.Fit(length - 1);
        Assert.Equal(Long.ListenAddresses.SkipLast(1), cut.ListenAddresses);
        Assert.Equal(Long.Protocols, cut.Protocols);
        Assert.NotNull(cut.SignedPeerRecord);
    }

    [Fact]
    public void At_every_length_the_message_fits_and_what_matters_most_goes_last()
    {
        for (var length = Long.Encode().Length; length >= 20; length--)
        {
            var cut = Long.Fit(length);
            Assert.InRange(cut.Encode().Length, 0, length);
            Assert.Equal(cut.Encode(), Long.Fit(length).Encode());
            Assert.True(cut.ListenAddresses.Count <= IdentifyMessage.FirstAddresses || cut.SignedPeerRecord is not null);
            Assert.True(cut.ListenAddresses.Count == IdentifyMessage.FirstAddresses || cut.SignedPeerRecord is not null || cut.ListenAddresses.Count < IdentifyMessage.FirstAddresses);
            Assert.True(cut.Protocols.Count == Long.Protocols.Count || cut.ListenAddresses.Count == 0);
            Assert.Equal(Long.Protocols.Take(cut.Protocols.Count), cut.Protocols);
            Assert.Equal("agent", cut.AgentVersion);
        }
    }

    [Fact]
    public async Task A_host_with_many_protocols_and_long_addresses_stays_below_what_rust_takes()
    {
        await using var network = new TestNetwork();
        var alice = await network.StartAsync("alice");
        var bob = await network.StartAsync("bob", options =>
        {
            foreach (var address in Long.ListenAddresses)
            {
                options.AnnounceAddresses.Add(address);
            }
        });
        foreach (var protocol in Enumerable.Range(0, 60))
        {
            bob.SetStreamHandler($"/a/protocol/with/a/long/name/{protocol}/1.0.0", TestHosts.EchoAsync);
        }

        await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        await using var stream = await alice.NewStreamAsync(bob.LocalPeer, [IdentifyProtocol.Id], TestContext.Current.CancellationToken);
        var bytes = await LengthPrefixed.ReadAsync(stream.Input, IdentifyMessage.MaxSentLength, TestContext.Current.CancellationToken);
        Assert.True(IdentifyMessage.TryMerge(new IdentifyMessage(), bytes!, out var message));
        Assert.Equal(bob.Protocols.Order(), message.Protocols.Order());
        Assert.NotEmpty(message.ListenAddresses);
    }
}
