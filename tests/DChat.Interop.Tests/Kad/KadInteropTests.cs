using System.Text;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Protocols.Kad;

namespace DChat.Interop.Tests.Kad;

/// <summary>Our Kademlia and that of js-libp2p: each as bootstrap peer, as one that puts or provides, and as one that asks.</summary>
public sealed class KadInteropTests
{
    [Theory]
    [InlineData(Side.CSharp, Side.CSharp, Side.Js)]
    [InlineData(Side.CSharp, Side.Js, Side.CSharp)]
    [InlineData(Side.CSharp, Side.Js, Side.Js)]
    [InlineData(Side.Js, Side.CSharp, Side.CSharp)]
    [InlineData(Side.Js, Side.CSharp, Side.Js)]
    [InlineData(Side.Js, Side.Js, Side.CSharp)]
    public async Task Providers_and_values_of_one_are_found_by_another_over_a_third(Side bootstrap, Side giver, Side asker)
    {
        await using var first = await Node.StartAsync(bootstrap);
        await using var second = await Node.StartAsync(giver, first);
        await using var third = await Node.StartAsync(asker, first);

        await second.ProvideAsync("content");
        await third.FindsAsync("content", second);

        await second.PutAsync("/v/key", "7:value");
        Assert.Equal("7:value", await third.GetAsync("/v/key"));
    }

    [Theory]
    [InlineData(Side.CSharp)]
    [InlineData(Side.Js)]
    public async Task Each_takes_the_other_into_its_table_whoever_dialed(Side dialer)
    {
        await using var js = await JsKad.StartAsync();
        await using var ours = await KadHost.StartAsync(dialer == Side.CSharp ? js.Addresses[0] : null);
        if (dialer == Side.Js)
        {
            await js.DialAsync(ours.Address);
        }

        await KadHost.UntilAsync(async () => ours.Knows(js.Id) && await js.KnowsAsync(ours.Id), "each in the table of the other");
    }

    [Fact]
    public async Task A_client_of_js_asks_ours_and_is_in_no_table()
    {
        await using var ours = await KadHost.StartAsync();
        await using var js = await JsKad.StartAsync(client: true);
        await js.DialAsync(ours.Address);
        await KadHost.UntilAsync(() => js.KnowsAsync(ours.Id), "ours in the table of js");
        Assert.Equal([ours.Id.ToString()], await js.PutAsync("/v/key", "1:value"));
        Assert.Equal("1:value", await js.GetAsync("/v/key"));
        Assert.False(ours.Knows(js.Id));
    }

    [Fact]
    public async Task A_client_of_ours_asks_js_and_is_in_no_table()
    {
        await using var js = await JsKad.StartAsync();
        await using var ours = await KadHost.StartAsync(js.Addresses[0], KademliaMode.Client);
        await ours.ReadyAsync();
        Assert.Equal([js.Id], await ours.Dht.PutValueAsync("/v/key"u8.ToArray(), "1:value"u8.ToArray(), TestContext.Current.CancellationToken));
        Assert.NotNull(await ours.Dht.GetValueAsync("/v/key"u8.ToArray(), cancellationToken: TestContext.Current.CancellationToken));
        Assert.False(await js.KnowsAsync(ours.Id));
    }

    [Fact]
    public async Task Js_finds_a_peer_over_ours_and_ours_one_over_js()
    {
        await using var hub = await KadHost.StartAsync();
        await using var left = await JsKad.StartAsync();
        await using var right = await JsKad.StartAsync();
        await left.DialAsync(hub.Address);
        await right.DialAsync(hub.Address);
        await KadHost.UntilAsync(async () => await left.KnowsAsync(hub.Id) && hub.Knows(right.Id), "the hub between them");
        Assert.Equal(right.Id.ToString(), (string?)(await left.DoAsync("kadFindPeer", ("peer", right.Id.ToString())))!["peer"]);

        await using var ours = await KadHost.StartAsync(left.Addresses[0]);
        await ours.ReadyAsync();
        Assert.Equal(right.Id, (await ours.Dht.FindPeerAsync(right.Id, TestContext.Current.CancellationToken))!.Peer);
        Assert.NotEmpty(ours.Host.ConnectionsTo(right.Id));
    }

    [Fact]
    public async Task Values_that_are_wrong_are_refused_when_js_puts_them()
    {
        await using var js = await JsKad.StartAsync();
        await using var ours = await KadHost.StartAsync(js.Addresses[0]);
        await ours.ReadyAsync();
        await KadHost.UntilAsync(() => js.KnowsAsync(ours.Id), "ours in the table of js");

        // One of a namespace that ours does not know, one without a number, one that is older than the one kept.
        Assert.Empty(await js.PutAsync("/w/key", "1:fine"));
        Assert.Empty(await js.PutAsync("/v/key", "wrong"));
        Assert.NotEmpty(await js.PutAsync("/v/key", "2:new"));
        Assert.Empty(await js.PutAsync("/v/key", "1:old"));
        Assert.Equal(1, ours.Dht.RecordCount);
        Assert.Equal("2:new", Encoding.UTF8.GetString(ours.Dht.Kept("/v/key"u8.ToArray())!.Value.Span));
    }

    /// <summary>A node of either side.</summary>
    private sealed class Node(KadHost? ours, JsPeer? js) : IAsyncDisposable
    {
        private Multiaddr Address => ours?.Address ?? js!.Addresses[0];

        private DChat.Libp2p.Identity.PeerId Id => ours?.Id ?? js!.Id;

        public static async Task<Node> StartAsync(Side side, Node? bootstrap = null)
        {
            if (side == Side.CSharp)
            {
                var ours = await KadHost.StartAsync(bootstrap?.Address);
                await (bootstrap is null ? Task.CompletedTask : ours.ReadyAsync());
                await (bootstrap is null ? Task.CompletedTask : bootstrap.TakesInAsync(ours.Id));
                return new Node(ours, null);
            }

            var js = await JsKad.StartAsync();
            if (bootstrap is not null)
            {
                await js.DialAsync(bootstrap.Address);
                await KadHost.UntilAsync(() => js.KnowsAsync(bootstrap.Id), "the bootstrap peer in the table of js");
                await bootstrap.TakesInAsync(js.Id);
            }

            return new Node(null, js);
        }

        public async Task ProvideAsync(string text)
        {
            if (ours is not null)
            {
                Assert.NotEqual(0, await ours.Dht.ProvideAsync(KeyOf(text), TestContext.Current.CancellationToken));
            }
            else
            {
                Assert.NotEmpty(await js!.ProvideAsync(text));
            }
        }

        /// <summary>Nobody answers when told of a provider, so it may take a moment.</summary>
        public Task FindsAsync(string text, Node provider) => KadHost.UntilAsync(
            async () => ours is not null
                ? (await ours.FindProvidersAsync(KeyOf(text))).Contains(provider.Id)
                : (await js!.FindProvidersAsync(text)).Contains(provider.Id.ToString()),
            "the provider");

        public async Task PutAsync(string key, string value)
        {
            if (ours is not null)
            {
                Assert.NotEmpty(await ours.Dht.PutValueAsync(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), TestContext.Current.CancellationToken));
            }
            else
            {
                Assert.NotEmpty(await js!.PutAsync(key, value));
            }
        }

        public async Task<string?> GetAsync(string key) => ours is null
            ? await js!.GetAsync(key)
            : await ours.Dht.GetValueAsync(Encoding.UTF8.GetBytes(key), cancellationToken: TestContext.Current.CancellationToken) is { } value
                ? Encoding.UTF8.GetString(value.Span)
                : null;

        public async ValueTask DisposeAsync()
        {
            await (ours?.DisposeAsync() ?? ValueTask.CompletedTask);
            await (js?.DisposeAsync() ?? ValueTask.CompletedTask);
        }

        private Task TakesInAsync(DChat.Libp2p.Identity.PeerId peer) => KadHost.UntilAsync(
            async () => ours?.Knows(peer) ?? await js!.KnowsAsync(peer), $"{peer} in the table of the bootstrap peer");

        private static byte[] KeyOf(string text) => Multihash.Sha256(Encoding.UTF8.GetBytes(text));
    }
}
