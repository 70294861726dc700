using System.Net;
using DChat.Core.Protocol;
using DChat.Core.Topics;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using DChat.Testing.Clusters;
using DChat.Testing.Gateways;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <summary>An authenticated peer with bad intentions: it opens streams of any protocol and sends on them what it likes.</summary>
internal sealed class Mallory : IAsyncDisposable
{
    /// <summary>Where hostile peers come from, so that limits by address do not strike the honest.</summary>
    public static readonly IPAddress Home = IPAddress.Parse("127.0.0.66");

    private const string Meshsub = "/meshsub/1.2.0";

    private readonly HostileTransport _transport;

    private Mallory(Libp2pHost host, HostileTransport transport)
    {
        Host = host;
        _transport = transport;
    }

    public Libp2pHost Host { get; }

    public PeerConnection Connection { get; private set; } = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Connects, and takes the gateway's gossip without a word.</summary>
    /// <param name="gateway">Where to.</param>
    /// <param name="from">The address it comes from; <see cref="Home"/> by default.</param>
    public static async Task<Mallory> ConnectAsync(Multiaddr gateway, IPAddress? from = null)
    {
        var transport = new HostileTransport(from ?? Home);
        var options = new Libp2pOptions();
        options.Transports.Clear();
        options.Transports.Add(transport);
        var mallory = new Mallory(new Libp2pHost(options), transport);
        mallory.Host.SetStreamHandler(Meshsub, SwallowAsync);
        mallory.Connection = await mallory.Host.ConnectAsync(gateway, Cancel);
        return mallory;
    }

    public Task<Libp2pStream> OpenAsync(string protocol) => Host.NewStreamAsync(Connection, [protocol], Cancel);

    public Task<Libp2pStream> OpenGossipAsync() => OpenAsync(Meshsub);

    /// <summary>Subscribes to a shard and makes the gateway take it into the mesh: it is sent everything from now on.</summary>
    public async Task GraftAsync(ShardId shard)
    {
        var topic = GossipTopics.Of(TestCluster.Network, shard);
        var stream = await OpenGossipAsync();
        var graft = new ProtobufWriter().Bytes(3, new ProtobufWriter().Text(1, topic).ToArray()).ToArray();
        Assert.True(await SendAsync(stream, new ProtobufWriter()
            .Bytes(1, new ProtobufWriter().Varint(1, 1).Text(2, topic).ToArray()).Bytes(3, graft).ToArray()));
    }

    /// <summary>Sends one frame with its length before it; false when the gateway has had enough.</summary>
    public static async Task<bool> SendAsync(Libp2pStream stream, byte[] frame)
    {
        try
        {
            LengthPrefixed.Write(stream.Output, frame);
            return !(await stream.Output.FlushAsync(Cancel)).IsCompleted;
        }
        catch (Libp2pException)
        {
            return false;
        }
    }

    /// <summary>Reads to the end of a stream, however it ends.</summary>
    public static async Task DrainAsync(Libp2pStream stream)
    {
        try
        {
            while (await stream.Input.ReadAsync(Cancel) is { IsCompleted: false } read)
            {
                stream.Input.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Libp2pException)
        {
            // Reset: that is an end.
        }
    }

    /// <summary>From now on its socket is not read.</summary>
    public void StopReading() => _transport.StopReading();

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static async Task SwallowAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        while (await stream.Input.ReadAsync(cancellationToken) is { IsCompleted: false } read)
        {
            stream.Input.AdvanceTo(read.Buffer.End);
        }
    }
}
