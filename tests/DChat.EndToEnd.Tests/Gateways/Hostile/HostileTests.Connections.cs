using DChat.Libp2p.Host;
using DChat.Libp2p.Yamux;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <content>Below the protocols: sockets, handshakes, frames.</content>
public sealed partial class HostileTests
{
    private const string ConnectionsRefused = "dchat_libp2p_connections_refused_total";
    private const int GarbageLength = 64 * 1024;

    /// <summary>How handshakes begin that never end, or are none.</summary>
    private static readonly byte[][] Beginnings =
    [
        [],
        [.. "\x13/multistream/1.0"u8],
        [.. "\x13/multistream/1.0.0\n"u8],
        [.. "\x13/multistream/1.0.0\n\a/noise\n"u8, 0x00],
        [.. "\x13/multistream/1.0.0\n\a/noise\n"u8, 0xff, 0xff, 1, 2, 3],
        [.. "\x13/multistream/1.0.0\n\a/noise\n"u8, 0x00, 0x20, .. new byte[31]],
        [0xff, 0xff, 0xff, 0xff],
        [.. "GET / HTTP/1.1\r\n\r\n"u8],
    ];

    [Fact]
    public async Task Half_open_connections_and_garbage_on_sockets_leave_places_for_others()
    {
        const int Connections = 200;
        var refusedBefore = await silo.MetricAsync(ConnectionsRefused);
        await WithstandAsync(64, async (siege, _) =>
        {
            List<RawPeer> held = [];
            for (var i = 0; i < Connections; i++)
            {
                held.Add(await RawPeer.ConnectAsync(silo.Address));
                await held[i].WriteAsync(Beginnings[i % Beginnings.Length]);
            }

            // Someone else, from elsewhere, still gets in at once.
            await using var newcomer = new Libp2pHost(new Libp2pOptions());
            await newcomer.ConnectAsync(silo.Address, Cancel).WaitAsync(ChildProcess.Patience, Cancel);
            siege.Begin();
            var random = new Random(1);
            var garbage = new byte[GarbageLength];
            for (var i = 0; i < Connections || siege.GoesOn; i++)
            {
                random.NextBytes(garbage);
                await using var peer = await RawPeer.ConnectAsync(silo.Address);
                await peer.WriteAsync(garbage);
            }

            await DisposeAsync(held);
        });

        // Few of the silent ones got a place, and garbage is no handshake.
        await silo.WaitForMetricAsync(refusedBefore + Connections, ConnectionsRefused);
        Assert.InRange(await silo.MetricAsync(ConnectionsRefused, "reason=\"PendingInboundPerNetwork\""), 1, double.MaxValue);
        Assert.Equal(0, await silo.MetricAsync(ConnectionsRefused, "reason=\"MaxPendingInbound\""));
    }

    [Fact]
    public async Task Frames_that_are_garbage_or_overrun_a_window_end_their_connection_only()
    {
        const int Rounds = 10;
        const uint OverWindow = YamuxOptions.InitialWindow + 1;
        var random = new Random(2);
        var garbage = new byte[GarbageLength];
        random.NextBytes(garbage);
        byte[][] wrong =
        [
            garbage,
            RawPeer.Frame(YamuxType.Data, YamuxFlags.Syn, 1, OverWindow, 1024),
            RawPeer.Frame(YamuxType.Data, YamuxFlags.Syn, 1, uint.MaxValue, 1024),
            RawPeer.Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, 2, 0),
            RawPeer.Frame(YamuxType.Ping, YamuxFlags.Syn, 1, 0),
            [.. RawPeer.Frame(YamuxType.Data, YamuxFlags.Syn, 1, 0), .. RawPeer.Frame(YamuxType.Data, YamuxFlags.Syn, 1, 0)],
        ];
        await WithstandAsync(96, async (siege, _) =>
        {
            siege.Begin();
            var floods = new[] { FloodAsync(siege, OpenAndForget), FloodAsync(siege, _ => RawPeer.Frame(YamuxType.Ping, YamuxFlags.Syn, 0, 7)) };
            for (var i = 0; i < Rounds || siege.GoesOn; i++)
            {
                foreach (var frames in wrong)
                {
                    await using var peer = await RawPeer.ConnectAsync(silo.Address);
                    await peer.AuthenticateAsync();
                    await peer.WriteAsync(frames);
                    await peer.WaitForEndAsync().WaitAsync(ChildProcess.Patience, Cancel);
                }
            }

            await Task.WhenAll(floods);
        });
    }

    private static byte[] OpenAndForget(int number) => RawPeer.Frame(YamuxType.WindowUpdate, YamuxFlags.Syn, (uint)((2 * number) + 1), 0);

    /// <summary>Frames that want an answer each, as fast as they go; the answers are not read.</summary>
    private async Task FloodAsync(Siege siege, Func<int, byte[]> frame)
    {
        const int AtOnce = 1000;
        await using var peer = await RawPeer.ConnectAsync(silo.Address);
        await peer.AuthenticateAsync();
        var sending = Task.Run(
            async () =>
            {
                for (var i = 0; siege.GoesOn; i += AtOnce)
                {
                    if (!await peer.WriteAsync(Enumerable.Range(i, AtOnce).SelectMany(frame).ToArray()))
                    {
                        return;
                    }
                }
            },
            Cancel);

        // It may be stuck for ever in a write that nobody reads.
        await Task.WhenAny(sending, siege.Over);
    }
}
