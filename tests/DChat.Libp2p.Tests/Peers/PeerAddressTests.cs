using DChat.Libp2p.Addresses;
using DChat.Libp2p.Peers;
using Microsoft.Extensions.Time.Testing;
using static DChat.Libp2p.Tests.Peers.PeerStores;

namespace DChat.Libp2p.Tests.Peers;

public sealed class PeerAddressTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(AddressSource.Told, 8)]
    [InlineData(AddressSource.Claimed, 16)]
    [InlineData(AddressSource.Dialed, 4)]
    [InlineData(AddressSource.Certified, 16)]
    [InlineData(AddressSource.Vouched, 16)]
    public void A_source_has_a_share_of_the_addresses(AddressSource source, int share)
    {
        Assert.Equal(share, PeerAddresses.Add([], Many("8.8.8.8", share), source, AddressClass.Loopback, Now).Count);
        Assert.Equal(share, PeerAddresses.Add([], Many("8.8.8.8", share + 1), source, AddressClass.Loopback, Now).Count);
    }

    [Theory]
    [InlineData(AddressSource.Certified, "127.0.0.1", 4)]
    [InlineData(AddressSource.Claimed, "10.0.0.1", 8)]
    [InlineData(AddressSource.Told, "127.0.0.1", 2)]
    [InlineData(AddressSource.Vouched, "127.0.0.1", 16)]
    public void A_class_has_a_share_within_its_source_and_leaves_the_rest_to_others(AddressSource source, string host, int share)
    {
        var real = Address(4001);
        var kept = PeerAddresses.Add([], [.. Many(host, share + 1), real], source, AddressClass.Loopback, Now).Select(a => a.Address).ToArray();
        Assert.Equal(Many(host, share), kept.Where(a => a != real));
        Assert.Equal(source != AddressSource.Vouched, kept.Contains(real));
    }

    [Fact]
    public void What_others_tell_does_not_push_out_what_is_better_known()
    {
        IReadOnlyList<PeerAddress> known = [];
        foreach (var source in Enum.GetValues<AddressSource>().OrderDescending())
        {
            known = PeerAddresses.Add(known, [Multiaddr.Parse($"/dns/{source}/tcp/1")], source, AddressClass.Public, Now);
        }

        for (var i = 0; i < 10; i++)
        {
            known = PeerAddresses.Add(known, Many($"9.9.9.{i}", 8), AddressSource.Told, AddressClass.Public, Now);
        }

        Assert.Equal(["Vouched", "Certified", "Dialed", "Claimed", "Told"], known.Take(5).Select(a => a.Address.Components[0].Text));
        Assert.Equal(4 + 8, known.Count);
    }

    [Fact]
    public void All_shares_together_stay_within_the_limit_and_proven_addresses_always_fit()
    {
        IReadOnlyList<PeerAddress> known = [];
        foreach (var source in Enum.GetValues<AddressSource>())
        {
            known = PeerAddresses.Add(known, Many($"8.8.8.{(int)source}", 20), source, AddressClass.Public, Now);
        }

        Assert.Equal(PeerStore.MaxAddressesPerPeer, known.Count);
        Assert.Equal(16 + 16 + 4, known.Count(a => a.Source >= AddressSource.Dialed));
    }

    [Theory]
    [InlineData(AddressClass.Public, "/ip4/8.8.8.8/tcp/1 /dns4/example.com/tcp/1")]
    [InlineData(AddressClass.Private, "/ip4/10.0.0.1/tcp/1 /ip4/8.8.8.8/tcp/1 /dns4/example.com/tcp/1")]
    [InlineData(AddressClass.Loopback, "/ip4/127.0.0.1/tcp/1 /ip4/10.0.0.1/tcp/1 /ip4/8.8.8.8/tcp/1 /dns4/example.com/tcp/1")]
    public void What_means_another_host_to_the_teller_is_not_kept(AddressClass teller, string kept)
    {
        Multiaddr[] said =
        [
            .. "0.0.0.0 127.0.0.1 10.0.0.1 8.8.8.8 224.0.0.1 192.0.2.1".Split(' ').Select(ip => Multiaddr.Parse($"/ip4/{ip}/tcp/1")),
            Multiaddr.Parse("/dns4/example.com/tcp/1"),
        ];
        Assert.All(
            [AddressSource.Told, AddressSource.Claimed, AddressSource.Certified],
            source => Assert.Equal(kept, string.Join(' ', PeerAddresses.Add([], said, source, teller, Now).Select(a => a.Address))));
    }

    [Theory]
    [InlineData("/dns4/0x7f.1/tcp/1")]
    [InlineData("/dns4/localhost/tcp/1")]
    [InlineData("/ip6/64:ff9b::7f00:1/tcp/1")]
    [InlineData("/ip6/::ffff:10.0.0.1/tcp/1")]
    public void A_public_peer_cannot_disguise_an_address_of_ours(string address) =>
        Assert.Empty(PeerAddresses.Add([], [Multiaddr.Parse(address)], AddressSource.Certified, AddressClass.Public, Now));

    [Fact]
    public void An_address_is_kept_up_to_its_longest_length()
    {
        Multiaddr OfLength(int length) => Multiaddr.Parse($"/dns/{new string('a', length - 6)}/tcp/1");
        var longest = OfLength(PeerAddresses.MaxAddressLength);
        Assert.Equal(PeerAddresses.MaxAddressLength, longest.Bytes.Length);
        var kept = PeerAddresses.Add([], [longest, OfLength(PeerAddresses.MaxAddressLength + 1)], AddressSource.Vouched, AddressClass.Loopback, Now);
        Assert.Equal([longest], kept.Select(a => a.Address));
    }

    [Fact]
    public void Addresses_expire_by_their_source_and_not_while_the_peer_is_connected()
    {
        var time = new FakeTimeProvider(Now);
        var store = Create(time);
        store.Connect(1);
        store.Update(Peer(1), info => info with
        {
            Sources = [.. Enum.GetValues<AddressSource>().Select(s => new PeerAddress(Address((int)s + 1), s, AddressClass.Public, PeerAddresses.ExpiryOf(s, Now)))],
        });
        time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(5, store.Find(Peer(1))!.Addresses.Count);

        store.Disconnected(Peer(1));
        Assert.Equal(5, After(TimeSpan.Zero));
        Assert.Equal(4, After(PeerAddresses.ToldLifetime));
        Assert.Equal(3, After(PeerAddresses.ClaimedLifetime - PeerAddresses.ToldLifetime));
        Assert.Equal(1, After(PeerAddresses.ProvenLifetime - PeerAddresses.ClaimedLifetime));
        Assert.Equal(1, After(TimeSpan.FromDays(1000)));

        int After(TimeSpan more)
        {
            time.Advance(more);
            return store.Find(Peer(1))!.Addresses.Count;
        }
    }

    [Fact]
    public void What_is_told_again_lasts_longer()
    {
        var later = Now.AddMinutes(10);
        var known = PeerAddresses.Add([], [Address(1)], AddressSource.Told, AddressClass.Public, Now);
        known = PeerAddresses.Add(known, [Address(1)], AddressSource.Told, AddressClass.Public, later);
        Assert.Equal(later + PeerAddresses.ToldLifetime, Assert.Single(known).ExpiresAt);
    }

    private static Multiaddr[] Many(string host, int count) => [.. Enumerable.Range(1, count).Select(i => Multiaddr.Parse($"/ip4/{host}/tcp/{i}"))];
}
