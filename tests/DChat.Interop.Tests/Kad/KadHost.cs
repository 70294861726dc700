using System.Globalization;
using System.Text;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;

namespace DChat.Interop.Tests.Kad;

/// <summary>One of our hosts with Kademlia. Records below /v/ are a number, a colon and a text; the highest number is best, as on the other side.</summary>
internal sealed class KadHost(Libp2pHost host, KademliaDht dht) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    public Libp2pHost Host => host;

    public KademliaDht Dht => dht;

    public PeerId Id => host.LocalPeer;

    public Multiaddr Address => host.ListenAddresses[0].WithPeer(Id);

    public static async Task<KadHost> StartAsync(Multiaddr? bootstrap = null, KademliaMode mode = KademliaMode.Server)
    {
        var options = new KademliaOptions { Prefix = "/dchat", Mode = mode };
        options.Validators["v"] = new Numbered();
        if (bootstrap is not null)
        {
            options.Bootstrap.Add(bootstrap);
        }

        var host = await Pair.StartHostAsync();
        var dht = new KademliaDht(host, options);
        await dht.StartAsync(TestContext.Current.CancellationToken);
        return new KadHost(host, dht);
    }

    public Task ReadyAsync() => dht.Ready.WaitAsync(Patience, TestContext.Current.CancellationToken);

    public bool Knows(PeerId peer) => dht.RoutingTable.Any(p => p.Peer.Equals(peer));

    public async Task<List<PeerId>> FindProvidersAsync(byte[] key)
    {
        var found = new List<PeerId>();
        await foreach (var provider in dht.FindProvidersAsync(key, cancellationToken: TestContext.Current.CancellationToken))
        {
            found.Add(provider.Peer);
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await dht.DisposeAsync();
        await host.DisposeAsync();
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Patience);
        while (!await condition())
        {
            Assert.False(timeout.IsCancellationRequested, $"There is not in time: {what}.");
            await Task.Delay(Look, CancellationToken.None);
        }
    }

    private sealed class Numbered : IRecordValidator
    {
        public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => NumberOf(value) >= 0;

        public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) =>
            Enumerable.Range(0, values.Count).MaxBy(i => NumberOf(values[i].Span));

        private static int NumberOf(ReadOnlySpan<byte> value) =>
            int.TryParse(Encoding.Latin1.GetString(value).Split(':')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}

/// <summary>Kademlia of a js-libp2p peer.</summary>
internal static class JsKad
{
    public static Task<JsPeer> StartAsync(bool client = false) => JsPeer.StartAsync(new JsPeerSettings { Kad = new JsKadSettings { Client = client } });

    public static async Task<bool> KnowsAsync(this JsPeer js, PeerId peer) => JsPeer.Texts(await js.DoAsync("kadTable")).Contains(peer.ToString());

    public static async Task<IReadOnlyList<string>> PutAsync(this JsPeer js, string key, string value) =>
        JsPeer.Texts(await js.DoAsync("kadPut", ("key", key), ("value", value)));

    public static async Task<string?> GetAsync(this JsPeer js, string key) => (string?)await js.DoAsync("kadGet", ("key", key));

    public static async Task<IReadOnlyList<string>> ProvideAsync(this JsPeer js, string text) => JsPeer.Texts(await js.DoAsync("kadProvide", ("text", text)));

    public static async Task<IReadOnlyList<string>> FindProvidersAsync(this JsPeer js, string text) =>
        [.. (await js.DoAsync("kadFindProviders", ("text", text)))!.AsArray().Select(p => (string)p!["peer"]!).Distinct()];
}
