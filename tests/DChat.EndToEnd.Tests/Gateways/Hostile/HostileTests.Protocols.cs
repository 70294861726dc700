using System.Net;
using DChat.Core.Envelopes;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using DChat.Testing.Processes;
using Google.Protobuf;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <content>Push and fetch.</content>
public sealed partial class HostileTests
{
    private const string PushRejected = "dchat_gateway_push_rejected_total";
    private const string FetchRequests = "dchat_gateway_fetch_requests_total";

    private static readonly IPAddress FlooderHome = IPAddress.Parse("127.0.0.67");

    [Fact]
    public async Task A_flood_of_pushes_over_quota_is_refused_for_the_moment()
    {
        const int MostKiB = 2 * HostileSilo.Burst;
        var before = await silo.MetricAsync(PushRejected, "code=\"over-quota\"");
        var refused = 0;
        await WithstandAsync(320, async (siege, _) =>
        {
            // From an address of its own: what the attacks of other tests have left of their network's quota is none of its.
            await using var mallory = await Mallory.ConnectAsync(silo.Address, FlooderHome);
            await using var push = await PushPeer.OpenAsync(mallory.Host, mallory.Connection, TimeProvider.System, Cancel);
            var author = Author.OfShard(Shard + 1);
            var kibEach = (author.SealOne(new byte[16 * 1024]).Length + 1023) / 1024;
            var perRequest = EnvelopeBatch.MaxBytes / 1024 / kibEach;
            ReadOnlyMemory<byte>[] flood =
                [.. Enumerable.Range(0, MostKiB / kibEach).Select(_ => (ReadOnlyMemory<byte>)author.SealOne(new byte[16 * 1024]))];
            siege.Begin();
            var answers = await push.PushAsync(flood, perRequest, Cancel);
            Assert.InRange(answers.Accepted.Count, HostileSilo.Burst / kibEach, flood.Length - 1);
            while (true)
            {
                Assert.All(answers.Rejected.Values, rejected => Assert.Equal(("over-quota", true), (rejected.Code, rejected.IsTransient)));
                refused += answers.Rejected.Count;
                if (!siege.GoesOn || answers.Rejected.Count == 0)
                {
                    break;
                }

                flood = [.. answers.Rejected.Keys.Select(place => flood[place])];
                answers = await push.PushAsync(flood, perRequest, Cancel);
            }
        });
        Assert.InRange(refused, 1, int.MaxValue);
        Assert.Equal(before + refused, await silo.MetricAsync(PushRejected, "code=\"over-quota\""));
    }

    [Fact]
    public async Task Garbage_instead_of_pushes_ends_the_stream_and_nothing_else()
    {
        const int Rounds = 20;
        byte[][] wrong =
        [
            [0xff, 0xff, 0xff],
            new PushRequest().ToByteArray(),
            new PushRequest { Envelopes = { Enumerable.Repeat(ByteString.Empty, 257) } }.ToByteArray(),
            new byte[300 * 1024],
        ];
        await WithstandAsync(96, async (siege, _) =>
        {
            siege.Begin();
            await using var mallory = await Mallory.ConnectAsync(silo.Address);
            for (var i = 0; i < Rounds || siege.GoesOn; i++)
            {
                foreach (var frame in wrong)
                {
                    var stream = await mallory.OpenAsync("/dchat/push/1");
                    await Mallory.SendAsync(stream, frame);
                    await Mallory.DrainAsync(stream).WaitAsync(ChildProcess.Patience, Cancel);
                }
            }
        });
    }

    [Fact]
    public async Task Pushing_without_reading_the_answers_stops_at_a_bound_and_takes_no_room_from_others()
    {
        const int Peers = 4, StreamsEach = 2, RequestsEach = 400;

        // A refusal takes at least 15 bytes of the reply window of 256 KiB; that and 4,096 unanswered is the most it reads.
        const int MostTaken = (256 * 1024 / 15) + 4096;
        var before = await silo.MetricAsync(PushRejected);
        var request = new PushRequest { Envelopes = { Enumerable.Repeat(ByteString.CopyFrom(new byte[1000]), 256) } }.ToByteArray();
        await WithstandAsync(160, async (siege, _) =>
        {
            List<Mallory> all = [];
            List<Task<bool>> pushing = [];
            for (var i = 0; i < Peers; i++)
            {
                all.Add(await Mallory.ConnectAsync(silo.Address));
                for (var j = 0; j < StreamsEach; j++)
                {
                    pushing.Add(PushAsync(await all[i].OpenAsync("/dchat/push/1"), request, RequestsEach));
                }
            }

            // As many as are refused before their answers fill the window, by a careful guess.
            await silo.WaitForMetricAsync(before + (Peers * StreamsEach * 10_000), PushRejected);
            siege.Begin();
            await siege.Over;

            // More than it takes was offered, and none got rid of it.
            Assert.InRange(MostTaken, 1, (RequestsEach * 256) - 1);
            Assert.All(pushing, task => Assert.False(task.IsCompleted));
            await DisposeAsync(all);
            await Task.WhenAll(pushing);
        });
        Assert.InRange(await silo.MetricAsync(PushRejected) - before, Peers * StreamsEach * 10_000, Peers * StreamsEach * MostTaken);
    }

    [Fact]
    public async Task Asking_for_full_pages_and_not_reading_them_holds_one_reply_a_stream()
    {
        const int Peers = 30, StreamsEach = 2, RequestsEach = 64, Stored = 256;
        var author = Author.OfShard(Shard, 1_000);
        await using (var filler = new Libp2pHost(new Libp2pOptions()))
        {
            var connection = await filler.ConnectAsync(silo.Address, Cancel);
            await using var push = await PushPeer.OpenAsync(filler, connection, TimeProvider.System, Cancel);
            var envelopes = Enumerable.Range(0, Stored).Select(_ => (ReadOnlyMemory<byte>)author.SealOne(new byte[700])).ToArray();
            Assert.Equal(Stored, (await push.PushAsync(envelopes, 64, Cancel)).Accepted.Count);
        }

        var before = await silo.MetricAsync(FetchRequests, "status=\"ok\"");
        var ask = new FetchRequest { TopicTag = ByteString.CopyFrom(TagOf(author.Topic)), MaxCount = 256 }.ToByteArray();
        await WithstandAsync(160, async (siege, _) =>
        {
            List<Mallory> all = [];
            for (var i = 0; i < Peers; i++)
            {
                all.Add(await Mallory.ConnectAsync(silo.Address));
                for (var j = 0; j < StreamsEach; j++)
                {
                    var stream = await all[i].OpenAsync("/dchat/fetch/1");
                    for (var k = 0; k < RequestsEach; k++)
                    {
                        Assert.True(await Mallory.SendAsync(stream, ask));
                    }
                }
            }

            await silo.WaitForMetricAsync(before + (Peers * StreamsEach), FetchRequests, "status=\"ok\"");
            siege.Begin();
            await siege.Over;

            // The window takes the first; the next waits.
            Assert.InRange(await silo.MetricAsync(FetchRequests, "status=\"ok\"") - before, Peers * StreamsEach, Peers * StreamsEach * 3);
            await DisposeAsync(all);
        });
    }

    private static async Task<bool> PushAsync(Libp2pStream stream, byte[] request, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (!await Mallory.SendAsync(stream, request))
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] TagOf(Topic topic)
    {
        var tag = new byte[TopicTag.Length];
        topic.Tag.CopyTo(tag);
        return tag;
    }
}
