using CsCheck;
using DChat.Libp2p.Host;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Host;

namespace DChat.Libp2p.Tests.Resources;

/// <summary>However a stream ends, both sides give back all that they took, once.</summary>
public sealed class StreamEndTests
{
    private const string Protocol = "/ends/1";
    private const string Unknown = "/unknown/1";

    [Fact]
    public async Task However_streams_end_and_in_whatever_order_nothing_is_held_in_the_end()
    {
        await Gen.Int[0, 6].Array[1, 40].SampleAsync(async ends =>
        {
            await using var network = new TestNetwork();
            var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob", o => o.Resources.MaxInboundStreamsPerPeer = 25));
            bob.SetStreamHandler(Protocol, ServeAsync, new ProtocolLimits(MaxInbound: 20));
            var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
            await Task.WhenAll(ends.Select(end => EndAsync(alice, connection, end)));
            await alice.DisconnectAsync(bob.LocalPeer);
            await TestHosts.UntilAsync(() => IsEmpty(alice) && IsEmpty(bob));
        }, iter: 30, threads: 1);
    }

    [Fact]
    public async Task A_stream_counts_until_its_handler_is_done_even_when_the_connection_is_gone()
    {
        await using var network = new TestNetwork();
        var (alice, bob) = (await network.StartAsync("alice"), await network.StartAsync("bob"));
        var (begun, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        bob.SetStreamHandler(Protocol, async (stream, _) =>
        {
            begun.SetResult();
            await finish.Task;
        });
        var connection = await alice.ConnectAsync(bob.Address(), TestContext.Current.CancellationToken);
        var stream = await alice.NewStreamAsync(connection, [Protocol], TestContext.Current.CancellationToken);
        await begun.Task;
        await alice.DisconnectAsync(bob.LocalPeer);
        await TestHosts.UntilAsync(() => bob.Connections.Count == 0);

        Assert.Equal(1, bob.Resources.Describe().Protocols[Protocol].InboundStreams);
        Assert.Equal(1, bob.Resources.Describe().PeerProtocols[(alice.LocalPeer, Protocol)].InboundStreams);
        await TestHosts.UntilAsync(() => bob.Resources.Usage == new ResourceUsage(0, 0, 0, 1, 0, ResourceManager.StreamOverhead));
        finish.SetResult();
        await TestHosts.UntilAsync(() => IsEmpty(bob));
    }

    private static bool IsEmpty(Libp2pHost host) => host.Resources.Usage == default && host.Resources.Describe() is { Peers.Count: 0, Networks.Count: 0, Protocols.Count: 0 };

    private static async Task ServeAsync(Libp2pStream stream, CancellationToken cancellationToken)
    {
        var first = await stream.Input.ReadAsync(cancellationToken);
        var order = first.Buffer.IsEmpty ? (byte)0 : first.Buffer.FirstSpan[0];
        stream.Input.AdvanceTo(first.Buffer.End);
        switch (order)
        {
            case 1:
                throw new InvalidOperationException("A bug.");
            case 2:
                stream.Reset();
                break;
            case 3:
                // Leaves what comes unread until the other side gives up.
                await stream.Completion;
                break;
            default:
                await stream.Input.CopyToAsync(stream.Output, cancellationToken);
                break;
        }
    }

    private static async Task EndAsync(Libp2pHost alice, PeerConnection connection, int end)
    {
        try
        {
            await using var stream = await alice.NewStreamAsync(connection, [end == 6 ? Unknown : Protocol], TestContext.Current.CancellationToken);
            await stream.Output.WriteAsync(new[] { (byte)end }, TestContext.Current.CancellationToken);
            await stream.Output.WriteAsync(new byte[100_000], TestContext.Current.CancellationToken);
            switch (end)
            {
                case 3 or 4:
                    stream.Reset();
                    break;
                case 5:
                    await connection.CloseAsync();
                    break;
                default:
                    await stream.CloseWriteAsync(TestContext.Current.CancellationToken);
                    await stream.Input.ReadToEndAsync();
                    break;
            }
        }
        catch (Libp2pException)
        {
            // Refused, reset or cut off, as was to be.
        }
    }
}
