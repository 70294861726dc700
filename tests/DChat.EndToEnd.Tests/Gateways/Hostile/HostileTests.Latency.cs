using System.Net;
using DChat.Core.Envelopes;
using DChat.Libp2p;
using DChat.Libp2p.Multiformats;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <content>How long the honest wait (DESIGN §9.9).</content>
public sealed partial class HostileTests
{
    private const double MaxLatencyRatio = 10;

    /// <summary>A quiet machine answers faster than its clocks and threads can promise.</summary>
    private static readonly TimeSpan LatencyFloor = TimeSpan.FromMilliseconds(5);

    /// <summary>What one connection may open of push (push.proto).</summary>
    private const int StreamsOfAPeer = 4;

    private const int LongestRequest = EnvelopeBatch.MaxBytes;

    private static readonly IPAddress HonestHome = IPAddress.Parse("127.0.0.10");

    [Fact]
    public async Task While_48_peers_of_one_address_push_forgeries_a_peer_of_another_waits_at_most_ten_times_as_long_as_in_quiet()
    {
        const int Forgers = 48, Messages = 400;
        var forgedBefore = await silo.MetricAsync(PushRejected, "code=\"bad-signature\"");
        await using var honest = await Mallory.ConnectAsync(silo.Address, HonestHome);
        await using var push = await PushPeer.OpenAsync(honest.Host, honest.Connection, TimeProvider.System, Cancel);
        var author = Author.OfShard(Shard, 2_000);
        await MeasureAsync(push, author, Messages);
        var quiet = await MeasureAsync(push, author, Messages);

        var siege = new Siege();
        var attacking = Task.WhenAll(Enumerable.Range(0, Forgers).Select(number => Task.Run(() => ForgeAsync(siege, number), Cancel)));
        await silo.WaitForMetricAsync(forgedBefore + (Forgers * 16), PushRejected, "code=\"bad-signature\"");
        var attacked = await MeasureAsync(push, author, Messages);
        siege.End();
        await attacking.WaitAsync(ChildProcess.Patience, Cancel);

        output.WriteLine($"p99 quiet {quiet.TotalMilliseconds:F1} ms, under attack {attacked.TotalMilliseconds:F1} ms");
        var bound = MaxLatencyRatio * (quiet > LatencyFloor ? quiet : LatencyFloor);
        Assert.InRange(attacked, TimeSpan.Zero, bound);
        await silo.AssertWellAsync();
    }

    [Fact]
    public async Task While_two_networks_announce_requests_and_send_none_a_peer_of_a_third_waits_at_most_ten_times_as_long_as_in_quiet()
    {
        const int PeersEach = 6, Messages = 200;
        await using var honest = await Mallory.ConnectAsync(silo.Address, HonestHome);
        await using var push = await PushPeer.OpenAsync(honest.Host, honest.Connection, TimeProvider.System, Cancel);
        var author = Author.OfShard(Shard, 2_001);
        await MeasureAsync(push, author, Messages);
        var quiet = await MeasureAsync(push, author, Messages);

        var siege = new Siege();
        List<Mallory> all = [];
        List<Task> announcing = [];
        foreach (var home in new[] { Mallory.Home, FlooderHome })
        {
            for (var i = 0; i < PeersEach; i++)
            {
                var mallory = await Mallory.ConnectAsync(silo.Address, home);
                all.Add(mallory);
                announcing.AddRange(Enumerable.Range(0, StreamsOfAPeer).Select(_ => Task.Run(() => AnnounceAsync(mallory, siege), Cancel)));
            }
        }

        // More is announced than all may hold together, so the gateway has no room left when it stops growing.
        await silo.WaitForMetricAsync(HostileSilo.MaxPushBytes - LongestRequest, "dchat_gateway_push_held_bytes");
        var attacked = await MeasureAsync(push, author, Messages);
        siege.End();
        await DisposeAsync(all);
        await Task.WhenAll(announcing).WaitAsync(ChildProcess.Patience, Cancel);

        output.WriteLine($"p99 quiet {quiet.TotalMilliseconds:F1} ms, under attack {attacked.TotalMilliseconds:F1} ms");
        Assert.InRange(attacked, TimeSpan.Zero, MaxLatencyRatio * (quiet > LatencyFloor ? quiet : LatencyFloor));
        await silo.AssertWellAsync();
    }

    /// <summary>Announces the longest request, sends none of it, and again when the gateway has had enough.</summary>
    private static async Task AnnounceAsync(Mallory mallory, Siege siege)
    {
        var length = new byte[Uvarint.MaxLength];
        var announcement = length.AsMemory(0, Uvarint.Write(length, LongestRequest));
        while (siege.GoesOn)
        {
            try
            {
                var stream = await mallory.OpenAsync("/dchat/push/1");
                await stream.Output.WriteAsync(announcement, Cancel);
                await Mallory.DrainAsync(stream);
            }
            catch (Libp2pException)
            {
                // The stream, or the connection, was closed.
            }
        }
    }

    /// <summary>The 99th percentile of the time from a push to its acceptance, one message at a time.</summary>
    private static async Task<TimeSpan> MeasureAsync(PushPeer push, Author author, int messages)
    {
        var waits = new TimeSpan[messages];
        for (var i = 0; i < messages; i++)
        {
            ReadOnlyMemory<byte>[] one = [author.SealOne([])];
            var started = TimeProvider.System.GetTimestamp();
            Assert.Single((await push.PushAsync(one, 1, Cancel).WaitAsync(ChildProcess.Patience, Cancel)).Accepted);
            waits[i] = TimeProvider.System.GetElapsedTime(started);
        }

        Array.Sort(waits);
        return waits[messages * 99 / 100];
    }

    /// <summary>
    /// Pushes forgeries as fast as they are answered; when it is closed it comes back as another peer. It shares the processors
    /// with the honest peer, so it does not even forge anew: what is not verified is not remembered.
    /// </summary>
    private async Task ForgeAsync(Siege siege, int number)
    {
        const int PerRequest = 16;
        var forgery = Forge(Author.OfShard(Shard, 3_000 + number).SealOne("never signed"u8), 1);
        ReadOnlyMemory<byte>[] request = [.. Enumerable.Repeat((ReadOnlyMemory<byte>)forgery, PerRequest)];
        while (siege.GoesOn)
        {
            try
            {
                await using var mallory = await Mallory.ConnectAsync(silo.Address);
                await using var push = await PushPeer.OpenAsync(
                    mallory.Host, mallory.Connection, TimeProvider.System, Cancel, isVerifying: false);
                while (siege.GoesOn)
                {
                    await push.PushAsync(request, PerRequest, Cancel);
                }
            }
            catch (Exception closed) when (closed is Libp2pException or InvalidOperationException)
            {
                // Closed, or no place left for its address: it tries again.
            }
        }
    }
}
