using System.Security.Cryptography;
using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Gateway.Fetch;
using DChat.Libp2p;
using DChat.Libp2p.Wire;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using Google.Protobuf;

namespace DChat.Gateway.Tests.Fetch;

public sealed class FetchProtocolTests(FetchProtocolTests.Filled filled) : IClassFixture<FetchProtocolTests.Filled>
{
    private readonly Author _author = filled.Author;
    private readonly ReadOnlyMemory<byte>[] _mine = filled.Mine;
    private readonly GatewayCluster _gateways = filled.Gateways;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_topic_comes_in_the_order_of_the_log_page_by_page()
    {
        await using var peer = await _gateways.FetchAsync(0, Token);
        var request = Ask(_author.Topic.Tag, 4);
        List<FetchedEnvelope> all = [];
        List<int> pages = [];
        while (await peer.AskAsync(request, Token) is { Messages.Count: > 0 } page)
        {
            Assert.Equal(FetchStatus.Ok, page.Status);
            Assert.Equal(20ul, page.Head.Sequence);
            pages.Add(page.Messages.Count);
            all.AddRange(page.Messages);
            request.After = new Cursor { Log = page.Head.Log, Sequence = page.Messages[^1].Sequence };
        }

        Assert.Equal([4, 4, 2], pages);
        Assert.Equal(_mine.Select(Hex), all.Select(each => Hex(each.Envelope.Memory)));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (ulong)i), all.Select(each => each.TopicSequence));
        Assert.Equal(all.Select(each => each.Sequence).Order(), all.Select(each => each.Sequence));
    }

    [Fact]
    public async Task A_shard_comes_with_all_its_topics()
    {
        await using var peer = await _gateways.FetchAsync(0, Token);

        var reply = await peer.AskAsync(new FetchRequest { Shard = 3, MaxCount = 256 }, Token);

        Assert.Equal(Enumerable.Range(1, 20).Select(i => (ulong)i), reply.Messages.Select(each => each.Sequence));
    }

    [Fact]
    public async Task A_topic_that_nobody_writes_to_is_empty()
    {
        await using var peer = await _gateways.FetchAsync(0, Token);

        var reply = await peer.AskAsync(Ask(Author.OfShard(5).Topic.Tag, 1), Token);

        Assert.Equal((FetchStatus.Ok, 0ul, 0), (reply.Status, reply.Head.Sequence, reply.Messages.Count));
    }

    [Fact]
    public async Task A_cursor_ahead_of_the_head_or_of_another_log_is_a_gap()
    {
        await using var peer = await _gateways.FetchAsync(0, Token);
        var head = (await peer.AskAsync(Ask(_author.Topic.Tag, 1), Token)).Head;

        var atHead = await peer.AskAsync(Ask(_author.Topic.Tag, 1, head), Token);
        var ahead = await peer.AskAsync(Ask(_author.Topic.Tag, 1, new Cursor { Log = head.Log, Sequence = head.Sequence + 1 }), Token);
        var foreign = await peer.AskAsync(Ask(_author.Topic.Tag, 1, new Cursor { Log = ByteString.CopyFrom(new byte[16]), Sequence = 1 }), Token);

        Assert.Equal((FetchStatus.Ok, 0), (atHead.Status, atHead.Messages.Count));
        Assert.Equal((FetchStatus.CursorGap, head), (ahead.Status, ahead.Head));
        Assert.Equal((FetchStatus.CursorGap, head), (foreign.Status, foreign.Head));
    }

    public static TheoryData<FetchRequest> Malformed =>
    [
        new FetchRequest { MaxCount = 1 },
        new FetchRequest { Shard = 16, MaxCount = 1 },
        new FetchRequest { Shard = 3 },
        new FetchRequest { Shard = 3, MaxCount = 257 },
        new FetchRequest { TopicTag = ByteString.CopyFrom(new byte[15]), MaxCount = 1 },
        new FetchRequest { Shard = 3, MaxCount = 1, After = new Cursor { Log = ByteString.CopyFrom(new byte[17]), Sequence = 1 } },
    ];

    [Theory]
    [MemberData(nameof(Malformed), DisableDiscoveryEnumeration = true)]
    public async Task What_breaks_the_contract_is_called_malformed_and_the_stream_goes_on(FetchRequest request)
    {
        await using var peer = await _gateways.FetchAsync(0, Token);

        var reply = await peer.AskAsync(request, Token);

        Assert.Equal(new FetchReply { Status = FetchStatus.Malformed }, reply);
        Assert.Equal(FetchStatus.Ok, (await peer.AskAsync(Ask(_author.Topic.Tag, 256), Token)).Status);
    }

    [Fact]
    public async Task Garbage_of_the_longest_request_is_malformed_and_one_byte_more_resets_the_stream()
    {
        await using var peer = await _gateways.FetchAsync(0, Token);
        var garbage = new byte[FetchLimits.MaxRequestBytes];
        garbage.AsSpan().Fill(0xff);
        LengthPrefixed.Write(peer.Stream.Output, garbage);
        await peer.Stream.Output.FlushAsync(Token);
        Assert.Equal(FetchStatus.Malformed, (await peer.ReadAsync(Token))!.Status);

        LengthPrefixed.Write(peer.Stream.Output, [.. garbage, 0xff]);
        await peer.Stream.Output.FlushAsync(Token);

        Assert.Equal(Libp2pErrorCodes.StreamReset, (await Assert.ThrowsAsync<Libp2pException>(() => peer.ReadAsync(Token))).Code);
    }

    [Fact]
    public async Task Requests_that_are_sent_ahead_are_answered_in_their_order()
    {
        await using var peer = await _gateways.FetchAsync(0, Token);
        for (uint count = 1; count <= 10; count++)
        {
            LengthPrefixed.Write(peer.Stream.Output, Ask(_author.Topic.Tag, count).ToByteArray());
        }

        await peer.Stream.CloseWriteAsync(Token);

        for (var count = 1; count <= 10; count++)
        {
            Assert.Equal(count, (await peer.ReadAsync(Token))!.Messages.Count);
        }

        Assert.Null(await peer.ReadAsync(Token));
    }

    private static FetchRequest Ask(TopicTag topic, uint count, Cursor? after = null)
    {
        var tag = new byte[TopicTag.Length];
        topic.CopyTo(tag);
        return new FetchRequest { TopicTag = ByteString.CopyFrom(tag), MaxCount = count, After = after };
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes.Span));

    /// <summary>A gateway whose shard 3 holds two topics of ten messages each, in turn. The tests only read.</summary>
    public sealed class Filled : IAsyncLifetime
    {
        public Author Author { get; } = Author.OfShard(3, number: 1);

        public ReadOnlyMemory<byte>[] Mine { get; private set; } = [];

        public GatewayCluster Gateways { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Gateways = await GatewayCluster.StartAsync();
            await using var push = await Gateways.PushAsync(0, Token);
            var other = Author.OfShard(3, number: 2);
            Mine = [.. Author.Seal(10).Envelopes];
            foreach (var mine in Mine)
            {
                await push.PushAsync([mine, other.SealOne("other"u8)], perRequest: 2, Token);
            }
        }

        public ValueTask DisposeAsync() => Gateways.DisposeAsync();
    }
}
