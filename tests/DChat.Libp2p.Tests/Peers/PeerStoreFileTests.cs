using DChat.Libp2p.Identity;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Tests.Host;
using Microsoft.Extensions.Time.Testing;
using static DChat.Libp2p.Tests.Peers.PeerStores;

namespace DChat.Libp2p.Tests.Peers;

public sealed class PeerStoreFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dchat-peers-").FullName;

    private string File => Path.Combine(_folder, "deeper", "peers.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Vouched_and_good_peers_survive_with_addresses_records_and_tags()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var store = Create(time);
        using var key = PrivateKey.Generate();
        var signed = new PeerRecord(key.Peer, 7, [Address(1)]).Sign(key).Encode();
        Assert.True(store.TryAddRecord(signed, out _));
        store.Connected(key.Peer, [Address(2)]);
        Assert.True(store.Tag(key.Peer, "relay"));
        time.Advance(new PeerStoreLimits().GoodAfter);
        store.Disconnected(key.Peer);
        store.Vouch(Peer(1), [Address(3)]);
        store.HearOf(2);
        await PeerStoreFile.WriteAsync(File, store.Export(), TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromDays(30));
        var restarted = Create(time);
        restarted.Import(PeerStoreFile.Read(File));
        var good = restarted.Find(key.Peer)!;
        Assert.Equal([(Address(1), AddressSource.Certified), (Address(2), AddressSource.Dialed)], good.Sources.Select(a => (a.Address, a.Source)));
        Assert.Equal((7UL, "relay"), (good.Record!.Sequence, Assert.Single(good.Tags)));
        Assert.Equal(signed, good.SignedRecord.ToArray());
        Assert.Equal((PeerTier.Good, PeerTier.Vouched), (restarted.TierOf(key.Peer)!.Value, restarted.TierOf(Peer(1))!.Value));
        Assert.Equal([Address(3)], restarted.Find(Peer(1))!.Addresses);
        Assert.Null(restarted.Find(Peer(2)));
    }

    [Fact]
    public void A_missing_file_holds_nobody() => Assert.Empty(PeerStoreFile.Read(File));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"version": 2, "peers": []}""")]
    [InlineData("""{"version": 1}""")]
    [InlineData("""{"version": 1, "peers": [{"peer": 3}]}""")]
    [InlineData("""{"version": 1, "peers": [{"tier": "Emperor"}]}""")]
    public async Task A_damaged_file_is_refused_by_name(string text)
    {
        await WriteAsync(text);
        var fault = Assert.Throws<Libp2pException>(() => PeerStoreFile.Read(File));
        Assert.Equal(Libp2pErrorCodes.Malformed, fault.Code);
        Assert.Contains(File, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entries_that_make_no_sense_are_passed_over()
    {
        await WriteAsync($$"""
            {"version": 1, "peers": [null, {}, {"peer": "x"}, {"peer": "{{Peer(1)}}", "tier": 99},
             {"peer": "{{Peer(2)}}", "tier": "Good", "addresses": [null, {}, {"address": "x"}, {"address": "{{Address(1)}}", "source": 77},
              {"address": "{{Address(2)}}", "source": "Claimed", "teller": "Public"}], "record": "AAAA", "tags": [null, "", "t"]}]}
            """);
        var stored = Assert.Single(PeerStoreFile.Read(File));
        Assert.Equal((Peer(2), PeerTier.Good, "t"), (stored.Peer, stored.Tier, Assert.Single(stored.Tags)));
        Assert.Equal(Address(2), Assert.Single(stored.Addresses).Address);
        var store = Create(TimeProvider.System);
        store.Import([stored]);
        Assert.Null(store.Find(Peer(2))!.Record);
    }

    [Fact]
    public async Task A_file_beyond_its_longest_length_is_refused()
    {
        await WriteAsync("""{"version": 1, "peers": []}""".PadRight(PeerStoreFile.MaxLength));
        Assert.Empty(PeerStoreFile.Read(File));
        await WriteAsync("""{"version": 1, "peers": []}""".PadRight(PeerStoreFile.MaxLength + 1));
        Assert.Throws<Libp2pException>(() => PeerStoreFile.Read(File));
    }

    [Fact]
    public async Task The_first_peers_are_written_up_to_the_most()
    {
        var peers = Enumerable.Range(0, PeerStoreFile.MaxPeers + 1).Select(i => new StoredPeer(Peer(i), PeerTier.Good, [], default, [])).ToArray();
        await PeerStoreFile.WriteAsync(File, peers, TestContext.Current.CancellationToken);
        Assert.Equal(peers[..^1].Select(p => p.Peer), PeerStoreFile.Read(File).Select(p => p.Peer));
    }

    [Fact]
    public async Task A_host_writes_its_peers_when_it_stops_and_starts_with_them_and_without_a_damaged_file()
    {
        await using var network = new TestNetwork();
        await using (var first = await network.StartAsync("first", o => o.PeerStore.Path = File))
        {
            first.Peers.Vouch(Peer(1), [Address(1)]);
        }

        await using (var second = await network.StartAsync("second", o => o.PeerStore.Path = File))
        {
            Assert.Equal([Address(1)], second.Peers.Find(Peer(1))!.Addresses);
        }

        await WriteAsync("damaged");
        await using var third = await network.StartAsync("third", o => o.PeerStore.Path = File);
        Assert.Empty(third.Peers.All);
        Assert.Equal("damaged", await System.IO.File.ReadAllTextAsync(File + ".damaged", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_host_that_has_stopped_can_be_asked_to_write_its_peers()
    {
        await using var network = new TestNetwork();
        var host = await network.StartAsync("host", o => o.PeerStore.Path = File);
        await host.DisposeAsync();
        host.Peers.Vouch(Peer(1), []);
        await host.Peers.SaveAsync();
        Assert.Equal([Peer(1)], PeerStoreFile.Read(File).Select(p => p.Peer));
    }

    [Fact]
    public async Task A_host_writes_its_peers_now_and_then()
    {
        var time = new FakeTimeProvider();
        await using var network = new TestNetwork();
        var host = await network.StartAsync("host", o => o.PeerStore.Path = File, time);
        host.Peers.Vouch(Peer(1), []);
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        while (!System.IO.File.Exists(File))
        {
            time.Advance(new PeerStoreLimits().SaveInterval);
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task WriteAsync(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await System.IO.File.WriteAllTextAsync(File, text, TestContext.Current.CancellationToken);
    }
}
