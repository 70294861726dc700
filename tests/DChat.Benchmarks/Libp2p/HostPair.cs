using System.Diagnostics;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Protocols.Perf;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Benchmarks.Libp2p;

/// <summary>Two hosts of ours, in this process: what it uses and allocates is for both ends.</summary>
internal sealed class HostPair : ILibp2pPair
{
    private const string EchoProtocol = "/dchat/bench/byte/1.0.0";

    private readonly Libp2pHost _listener;
    private readonly Libp2pHost _dialer;
    private PeerConnection _connection = null!;

    private HostPair(Libp2pHost listener, Libp2pHost dialer)
    {
        _listener = listener;
        _dialer = dialer;
    }

    public TimeSpan ProcessorTime => Environment.CpuUsage.TotalTime;

    private Multiaddr Address => _listener.ListenAddresses[0];

    /// <summary>Two hosts, connected once and identified to each other.</summary>
    public static async Task<HostPair> StartAsync(int maxConnections = 8)
    {
        var pair = new HostPair(CreateHost(maxConnections), CreateHost(maxConnections));
        pair._listener.SetStreamHandler(EchoProtocol, EchoAsync);
        await pair._listener.StartAsync();
        await pair._dialer.StartAsync();
        using var events = pair._dialer.Subscribe();
        pair._connection = await pair._dialer.ConnectAsync(pair.Address.WithPeer(pair._listener.LocalPeer));
        await AwaitIdentifiedAsync(events, 1);
        return pair;
    }

    public async Task<double> TransferAsync(long upload, long download) =>
        (await _dialer.PerfAsync(_listener.LocalPeer, upload, download)).TotalMilliseconds;

    public async Task<double[]> TimeConnectsAsync(int count)
    {
        var elapsed = new double[count];
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();

            // An address without a peer id always makes a new connection.
            var connection = await _dialer.ConnectAsync(Address);
            await using (var stream = await ExchangeByteAsync(connection))
            {
                elapsed[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }

            await connection.CloseAsync();
        }

        return elapsed;
    }

    public async Task<double[]> TimeStreamsAsync(int count)
    {
        var elapsed = new double[count];
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var stream = await ExchangeByteAsync(_connection);
            elapsed[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        return elapsed;
    }

    /// <summary>Opens connections and leaves them idle, each end having identified the other.</summary>
    public async Task OpenIdleAsync(int count)
    {
        using var dialed = _dialer.Subscribe(capacity: 4 * count);
        using var accepted = _listener.Subscribe(capacity: 4 * count);
        for (var i = 0; i < count; i++)
        {
            await _dialer.ConnectAsync(Address);
        }

        await AwaitIdentifiedAsync(dialed, count);
        await AwaitIdentifiedAsync(accepted, count);
    }

    public async ValueTask DisposeAsync()
    {
        await _dialer.DisposeAsync();
        await _listener.DisposeAsync();
    }

    private static Libp2pHost CreateHost(int maxConnections)
    {
        var options = new Libp2pOptions { ServePerf = true };
        options.ListenAddresses.Add(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        options.Connections.MaxPerPeer = maxConnections;
        options.Connections.InboundPerNetwork.SetPerIp(maxConnections);
        var handshakes = options.Connections.Handshakes;
        handshakes.TotalBurst = handshakes.PerNetworkBurst = handshakes.PerIpBurst = int.MaxValue;
        return new Libp2pHost(options);
    }

    private static async Task EchoAsync(Libp2pStream stream, CancellationToken cancellationToken) =>
        await stream.Input.CopyToAsync(stream.Output, cancellationToken);

    private static async Task AwaitIdentifiedAsync(PeerEventSubscription events, int count)
    {
        await foreach (var occurred in events)
        {
            if (occurred is PeerEvent.IdentifyFailed failed)
            {
                throw failed.Fault;
            }

            if (occurred is PeerEvent.Identified { IsPush: false } && --count == 0)
            {
                return;
            }
        }
    }

    private async Task<Libp2pStream> ExchangeByteAsync(PeerConnection connection)
    {
        var stream = await _dialer.NewStreamAsync(connection, [EchoProtocol]);
        await stream.Output.WriteAsync(new byte[1]);
        var read = await stream.Input.ReadAtLeastAsync(1);
        stream.Input.AdvanceTo(read.Buffer.End);
        return stream;
    }
}
