using System.Net;
using DChat.Libp2p;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using DChat.Testing.Gateways;

namespace DChat.Benchmarks.Libp2p;

/// <summary>
/// Attackers of one host, each as fast as it can and from an address of its own: sockets that begin a handshake and go,
/// streams that are opened and left, control entries of gossip, messages that are refused, peers that read nothing. One that
/// is cut off comes back under a new name.
/// </summary>
internal sealed class DeliveryAttacks(Multiaddr target, string topic, CancellationToken over)
{
    private const string Gossip = "/meshsub/1.2.0";
    private const int EntriesPerRpc = 1000;
    private const int InvalidLength = 64;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly int[] _actions = new int[6];

    /// <summary>Sockets, streams or RPCs of each attacker so far: one that has none attacks nobody.</summary>
    public IReadOnlyList<int> Actions => _actions;

    /// <summary>Runs all of them until the token ends the last.</summary>
    public Task RunAsync()
    {
        Func<IPAddress, int, Task>[] attacks =
        [
            HandshakesAsync,
            (home, i) => WithConnectionAsync(home, (_, connection, _) => StreamsAsync(connection, i)),
            (home, i) => RpcsAsync(home, i, Grafts()),
            (home, i) => RpcsAsync(home, i, Ids()),
            (home, i) => RpcsAsync(home, i, Invalid()),
            (home, i) => RpcsAsync(home, i, Subscription(topic), reads: false),
        ];
        return Task.WhenAll(attacks.Select((attack, i) => Task.Run(() => attack(IPAddress.Parse($"127.0.{i + 1}.66"), i), CancellationToken.None)));
    }

    /// <summary>The header of the first negotiation, and no more.</summary>
    private async Task HandshakesAsync(IPAddress home, int attacker)
    {
        var transport = new HostileTransport(home);
        while (!over.IsCancellationRequested)
        {
            try
            {
                await using var socket = await transport.DialAsync(target, CancellationToken.None);
                await socket.Output.WriteAsync("\u0013/multistream/1.0.0\n"u8.ToArray(), CancellationToken.None);
                Interlocked.Increment(ref _actions[attacker]);
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or Libp2pException)
            {
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    /// <summary>Streams whose protocol is never agreed on.</summary>
    private async Task StreamsAsync(PeerConnection connection, int attacker)
    {
        while (!over.IsCancellationRequested)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            var stream = await connection.Muxed.OpenStreamAsync(patience.Token);
            Interlocked.Increment(ref _actions[attacker]);
            if (connection.StreamCount > 500)
            {
                stream.Reset();
            }
        }
    }

    private Task RpcsAsync(IPAddress home, int attacker, byte[] rpc, bool reads = true) =>
        WithConnectionAsync(home, async (host, connection, transport) =>
        {
            await using var stream = await host.NewStreamAsync(connection, [Gossip], CancellationToken.None);
            LengthPrefixed.Write(stream.Output, Subscription(topic));
            if (!reads)
            {
                // Neither windows nor the socket are emptied from now on.
                transport.StopReading();
            }

            while (!over.IsCancellationRequested)
            {
                // Each is another, or it would only be a copy.
                var number = Interlocked.Increment(ref _actions[attacker]);
                BitConverter.TryWriteBytes(rpc.AsSpan(rpc.Length - sizeof(int)), number);
                LengthPrefixed.Write(stream.Output, reads ? rpc : Subscription($"/dchat-bench/{number}"));
                if ((await stream.Output.FlushAsync(CancellationToken.None)).IsCompleted)
                {
                    return;
                }
            }
        }, reads);

    /// <summary>Attacks over a connection, and over a new one whenever it ends.</summary>
    private async Task WithConnectionAsync(IPAddress home, Func<Libp2pHost, PeerConnection, HostileTransport, Task> attackAsync, bool reads = true)
    {
        while (!over.IsCancellationRequested)
        {
            var options = new Libp2pOptions();
            var transport = new HostileTransport(home);
            options.Transports.Clear();
            options.Transports.Add(transport);
            await using var host = new Libp2pHost(options);
            host.SetStreamHandler(Gossip, reads ? DrainAsync : static (stream, _) => stream.Completion);
            try
            {
                await host.StartAsync(CancellationToken.None);
                var connection = await host.ConnectAsync(target, CancellationToken.None);
                using var registration = over.Register(() => _ = connection.CloseAsync());
                await attackAsync(host, connection, transport);
            }
            catch (Exception e) when (e is Libp2pException or OperationCanceledException or InvalidOperationException)
            {
                // Cut off, or no place left for its address: it tries again.
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    private static async Task DrainAsync(Libp2pStream stream, CancellationToken cancellationToken) =>
        await stream.Input.CopyToAsync(Stream.Null, cancellationToken);

    private static byte[] Subscription(string topic) =>
        new ProtobufWriter().Bytes(1, new ProtobufWriter().Varint(1, 1).Text(2, topic).Written.Span).ToArray();

    private byte[] Grafts()
    {
        var entries = new ProtobufWriter();
        for (var i = 0; i < EntriesPerRpc; i++)
        {
            entries.Bytes(3, new ProtobufWriter().Text(1, topic).Written.Span);
        }

        return new ProtobufWriter().Bytes(3, entries.Written.Span).Bytes(9, new byte[sizeof(int)]).ToArray();
    }

    private byte[] Ids()
    {
        var ids = new ProtobufWriter().Text(1, topic);
        for (var i = 0; i < EntriesPerRpc; i++)
        {
            ids.Bytes(2, BitConverter.GetBytes(i));
        }

        return new ProtobufWriter().Bytes(3, new ProtobufWriter().Bytes(1, ids.Written.Span).Written.Span).ToArray();
    }

    private byte[] Invalid()
    {
        var message = new ProtobufWriter().Text(4, topic).Bytes(2, new byte[InvalidLength]);
        return new ProtobufWriter().Bytes(2, message.Written.Span).ToArray();
    }
}
