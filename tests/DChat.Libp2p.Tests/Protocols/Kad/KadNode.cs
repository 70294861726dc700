using System.Globalization;
using System.Text;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Protocols.Kad;

/// <summary>A host with Kademlia.</summary>
internal sealed class KadNode(Libp2pHost host, KademliaDht dht) : IAsyncDisposable
{
    public const string Prefix = "/test";

    public Libp2pHost Host => host;

    public KademliaDht Dht => dht;

    public PeerId Peer => host.LocalPeer;

    /// <summary>Requests that it sent so far.</summary>
    public long Sent => Enumerable.Range(0, KadCounters.Types.Length).Sum(dht.Counters.Sent);

    public static async Task<KadNode> StartAsync(
        TestNetwork network, string name, Libp2pHost? bootstrap = null, Action<KademliaOptions>? configure = null, TimeProvider? time = null, PrivateKey? key = null,
        Action<Libp2pOptions>? configureHost = null)
    {
        var options = Options(bootstrap);
        configure?.Invoke(options);
        var host = await network.StartAsync(name, ConfigureHost, time);
        var dht = new KademliaDht(host, options);
        await dht.StartAsync(TestContext.Current.CancellationToken);
        return new KadNode(host, dht);

        void ConfigureHost(Libp2pOptions host)
        {
            host.Identity = key;
            configureHost?.Invoke(host);
        }
    }

    public static KademliaOptions Options(Libp2pHost? bootstrap = null)
    {
        var options = new KademliaOptions { Prefix = Prefix, Mode = KademliaMode.Server };
        options.Validators["v"] = new Numbered();

        // Within one process nobody is a stranger, and tests ask much.
        options.Limits.RequestsPerSecondPerPeer = 10_000;
        if (bootstrap is not null)
        {
            options.Bootstrap.Add(bootstrap.Address());
        }

        return options;
    }

    public static byte[] Key(string name) => Encoding.UTF8.GetBytes($"/v/{name}");

    public static byte[] Value(int number, string text = "text") => Encoding.UTF8.GetBytes($"{number}:{text}");

    public static string? Text(ReadOnlyMemory<byte>? value) => value is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    public ValueTask DisposeAsync() => dht.DisposeAsync();

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TestNetwork.Patience);
        while (!condition())
        {
            await Task.Yield();
            timeout.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Values are a number, a colon and a text; the highest number is best.</summary>
    private sealed class Numbered : IRecordValidator
    {
        public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => value is not [(byte)'!', ..] && NumberOf(value) >= 0;

        public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values) =>
            Enumerable.Range(0, values.Count).MaxBy(i => NumberOf(values[i].Span));

        private static int NumberOf(ReadOnlySpan<byte> value) =>
            value.IndexOf((byte)':') is > 0 and var end && int.TryParse(value[..end], CultureInfo.InvariantCulture, out var number) ? number
            : value.StartsWith("throw"u8) ? throw new InvalidOperationException("A validator that fails.")
            : -1;
    }
}
