using System.Security.Cryptography;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using DChat.Core.Wire;
using DChat.Libp2p;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Transports.Memory;
using DChat.Libp2p.Wire;
using DChat.Testing.Messages;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Federation.Tests.Sync;

/// <summary>What a relay answers to peers that are strangers, partners, or neither.</summary>
public sealed class SyncProtocolTests(SyncProtocolTests.Filled filled) : IClassFixture<SyncProtocolTests.Filled>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stranger_learns_what_a_shard_has_and_gets_it()
    {
        await using var peer = await filled.StrangerAsync();

        var opened = await peer.AskAsync(SyncPeer.Open(), Token);
        Assert.Equal(10ul, opened.Opened.Theirs.Count);
        var ids = await peer.FindAllAsync(Token);
        Assert.Equal(filled.Ids, ids.Order());
        await peer.SendAsync(new SyncRequest { Fetch = new SyncIds { Ids = ByteString.CopyFrom([.. ids.SelectMany(Bytes)]) } }, Token);
        List<Bytes32> got = [];
        SyncReply reply;
        do
        {
            reply = (await peer.ReadAsync(Token))!;
            got.AddRange(reply.Envelopes.Envelopes.Select(envelope => MessageId.Compute(envelope.Span).Value));
        }
        while (!reply.Envelopes.Last);

        Assert.Equal(filled.Ids, got.Order());
    }

    [Fact]
    public async Task Symbols_of_the_frozen_set_decode_to_it()
    {
        await using var peer = await filled.StrangerAsync();
        await peer.AskAsync(SyncPeer.Open(), Token);

        var reply = await peer.AskAsync(new SyncRequest { Symbols = new SyncSymbols { Start = 0, Count = 64 } }, Token);

        var decoder = new RatelessDecoder(DChat.Core.Shards.ShardSets.KeyOf("dchat-test", new(3)));
        Assert.Equal(RatelessOutcome.Decoded, decoder.Take(reply.Symbols.Span, new CodedSymbol[64]));
        Assert.Equal(filled.Ids, decoder.Needs.Order());
    }

    [Fact]
    public async Task No_more_symbols_are_given_than_a_session_may_have()
    {
        await using var peer = await filled.StrangerAsync();
        await peer.AskAsync(SyncPeer.Open(), Token);

        const uint Count = 16_384;
        Assert.Equal((int)Count * CodedSymbol.Length, (await AskAsync(3 * Count)).Symbols.Length);
        Assert.Empty((await AskAsync((3 * Count) + 1)).Symbols);

        Task<SyncReply> AskAsync(uint start) => peer.AskAsync(new SyncRequest { Symbols = new SyncSymbols { Start = start, Count = Count } }, Token);
    }

    [Fact]
    public async Task As_many_ids_as_a_request_may_have_are_looked_for()
    {
        await using var peer = await filled.StrangerAsync();
        await peer.AskAsync(SyncPeer.Open(), Token);

        var reply = await peer.AskAsync(SyncPeer.Fetch(8_192), Token);

        Assert.Equal((0, true), (reply.Envelopes.Envelopes.Count, reply.Envelopes.Last));
    }

    [Fact]
    public async Task What_a_stranger_offers_nobody_wants()
    {
        await using var peer = await filled.StrangerAsync();
        await peer.AskAsync(SyncPeer.Open(), Token);

        Assert.Empty((await peer.AskAsync(new SyncRequest { Offer = SyncPeer.Ids(5) }, Token)).Wanted.Ids);
    }

    public static TheoryData<string> Malformed =>
    [
        "first not open", "opened twice", "too many items", "range descends", "short sum", "too many floors", "no sum", "no symbols", "too many symbols", "no such symbol",
        "no ids", "half an id", "too many ids", "garbage", "unwanted envelopes", "nothing",
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_breaks_the_contract_is_called_malformed_and_ends_the_stream(string fault)
    {
        await using var peer = await filled.StrangerAsync();
        var open = SyncPeer.Open();
        SyncRequest[] requests = fault switch
        {
            "first not open" => [SyncPeer.Fetch(1)],
            "too many items" => [SyncPeer.Open(change: each => each.Ours.Count = uint.MaxValue)],
            "opened twice" => [open, open],
            "range descends" => [SyncPeer.Open(change: each => (each.From, each.To) = (2, 1))],
            "short sum" => [SyncPeer.Open(change: each => each.Ours.Sum = ByteString.CopyFrom(new byte[31]))],
            "too many floors" => [SyncPeer.Open(change: each => each.Ours.Floors.AddRange([1, 2, 3, 4, 5, 6]))],
            "no sum" => [SyncPeer.Open(change: each => each.Ours = null)],
            "no symbols" => [open, new SyncRequest { Symbols = new SyncSymbols { Start = 0, Count = 0 } }],
            "too many symbols" => [open, new SyncRequest { Symbols = new SyncSymbols { Start = 0, Count = 16_385 } }],
            "no such symbol" => [open, new SyncRequest { Symbols = new SyncSymbols { Start = 1u << 31, Count = 1 } }],
            "no ids" => [open, new SyncRequest { Fetch = new SyncIds() }],
            "half an id" => [open, new SyncRequest { Fetch = new SyncIds { Ids = ByteString.CopyFrom(new byte[48]) } }],
            "too many ids" => [open, SyncPeer.Fetch(8_193)],
            "garbage" => [open, new SyncRequest { Negentropy = ByteString.CopyFrom(0x61, 0xFF, 0xFF, 0xFF) }],
            "unwanted envelopes" => [open, new SyncRequest { Envelopes = new SyncEnvelopes { Envelopes = { ByteString.CopyFrom(1) } } }],
            _ => [open, new SyncRequest()],
        };
        for (var i = 0; i < requests.Length - 1; i++)
        {
            Assert.Equal(SyncReply.WhatOneofCase.Opened, (await peer.AskAsync(requests[i], Token)).WhatCase);
        }

        await peer.SendAsync(requests[^1], Token);

        // The word of it may be lost when the stream is reset right after.
        try
        {
            Assert.Equal(SyncStatus.Malformed, (await peer.ReadAsync(Token))!.Failed);
            await peer.ReadAsync(Token);
            Assert.Fail("The stream goes on.");
        }
        catch (Libp2pException end)
        {
            Assert.Equal(Libp2pErrorCodes.StreamReset, end.Code);
        }
    }

    [Theory]
    [InlineData("dchat-other", 4u, 3u)]
    [InlineData("dchat-test", 5u, 3u)]
    [InlineData("dchat-test", 4u, 16u)]
    public async Task A_peer_of_another_network_is_told_so(string network, uint shardBits, uint shard)
    {
        await using var peer = await filled.StrangerAsync();

        var reply = await peer.AskAsync(SyncPeer.Open(shard, open => (open.Network, open.ShardBits) = (network, shardBits)), Token);

        Assert.Equal(SyncStatus.WrongNetwork, reply.Failed);
    }

    [Fact]
    public async Task A_message_over_the_limit_resets_the_stream()
    {
        await using var peer = await filled.StrangerAsync();
        await peer.AskAsync(SyncPeer.Open(), Token);
        LengthPrefixed.Write(peer.Stream.Output, new byte[(1024 * 1024) + (64 * 1024) + 1]);

        await Assert.ThrowsAnyAsync<Libp2pException>(async () =>
        {
            await peer.Stream.Output.FlushAsync(Token);
            await peer.ReadAsync(Token);
        });
    }

    [Fact]
    public async Task A_stranger_gets_64_MiB_and_then_is_told_to_come_again_also_in_the_middle_of_a_fetch()
    {
        const int Count = 1_200;
        await filled.Relay.AppendAsync(Author.OfShard(9), Count, length: 40_000);
        await using var peer = await filled.StrangerAsync();
        await peer.AskAsync(SyncPeer.Open(shard: 9), Token);
        var ids = await peer.FindAllAsync(Token);
        await peer.SendAsync(new SyncRequest { Fetch = new SyncIds { Ids = ByteString.CopyFrom([.. ids.SelectMany(Bytes)]) } }, Token);

        var bytes = 0L;
        SyncReply reply;
        for (; (reply = (await peer.ReadAsync(Token))!).WhatCase == SyncReply.WhatOneofCase.Envelopes;)
        {
            bytes += reply.CalculateSize();
            Assert.False(reply.Envelopes.Last);
        }

        Assert.Equal(SyncStatus.Busy, reply.Failed);
        Assert.InRange(bytes, (64L << 20) - (2 << 20), (64L << 20) + EnvelopeBatch.MaxBytes + 4_096);
    }

    [Fact]
    public async Task A_partner_brings_what_it_offered_and_nothing_else()
    {
        await using var peer = await filled.PartnerAsync();
        await peer.AskAsync(SyncPeer.Open(shard: 5), Token);
        var author = Author.OfShard(5);
        var (offered, other, forged) = (author.SealOne("offered"u8), author.SealOne("other"u8), author.SealOne("forged"u8));
        forged[^1] ^= 1;
        byte[] ids = [.. Bytes(MessageId.Compute(offered).Value), .. Bytes(MessageId.Compute(forged).Value)];

        var wanted = await OfferAsync(peer, ids);
        var unwanted = await SendAsync(other);
        var bad = await SendAsync(forged);
        var good = await SendAsync(offered);

        Assert.Equal(ids, wanted);
        Assert.Equal((0u, 1u, 0u), (unwanted.Kept, unwanted.Refused, unwanted.Deferred));
        Assert.Equal((0u, 1u, 0u), (bad.Kept, bad.Refused, bad.Deferred));
        Assert.Equal((1u, 0u, 0u), (good.Kept, good.Refused, good.Deferred));
        Assert.Equal([MessageId.Compute(offered).ToString()], (await filled.Relay.ReadAsync(5)).Keys);

        async Task<SyncKept> SendAsync(byte[] envelope) =>
            (await peer.AskAsync(new SyncRequest { Envelopes = new SyncEnvelopes { Envelopes = { ByteString.CopyFrom(envelope) } } }, Token)).Kept;
    }

    [Fact]
    public async Task A_partner_beyond_its_budget_is_put_off_and_then_not_asked_to_bring_more()
    {
        await using var peer = await filled.PartnerAsync("greedy");
        await peer.AskAsync(SyncPeer.Open(shard: 6), Token);
        var author = Author.OfShard(6);

        // The budget is 1 MiB, and an envelope of that content has 60 KiB; a batch that begins within the budget is taken.
        var batches = Enumerable.Range(0, 8).Select(_ => Enumerable.Range(0, 4).Select(_ => author.SealOne(new byte[40_000])).ToArray()).ToArray();
        byte[] ids = [.. batches.SelectMany(batch => batch.SelectMany(each => Bytes(MessageId.Compute(each).Value)))];
        Assert.Equal(ids, await OfferAsync(peer, ids));
        List<(uint Kept, uint Deferred)> results = [];
        foreach (var batch in batches)
        {
            var request = new SyncEnvelopes();
            request.Envelopes.AddRange(batch.Select(each => ByteString.CopyFrom(each)));
            var kept = (await peer.AskAsync(new SyncRequest { Envelopes = request }, Token)).Kept;
            results.Add((kept.Kept, kept.Deferred));
        }

        Assert.Equal([.. Enumerable.Repeat((4u, 0u), 5), .. Enumerable.Repeat((0u, 4u), 3)], results);
        Assert.Empty((await peer.AskAsync(new SyncRequest { Offer = SyncPeer.Ids(1) }, Token)).Wanted.Ids);
        Assert.Equal(20, (await filled.Relay.ReadAsync(6)).Count);
    }

    [Fact]
    public async Task More_envelopes_than_a_message_may_have_are_malformed()
    {
        await using var peer = await filled.PartnerAsync();
        await peer.AskAsync(SyncPeer.Open(shard: 7), Token);
        var request = new SyncEnvelopes();
        request.Envelopes.AddRange(Enumerable.Repeat(ByteString.CopyFrom(1), 257));

        await peer.SendAsync(new SyncRequest { Envelopes = request }, Token);

        await Assert.ThrowsAsync<Libp2pException>(async () =>
        {
            while (await peer.ReadAsync(Token) is { } reply)
            {
                Assert.Equal(SyncStatus.Malformed, reply.Failed);
            }
        });
    }

    /// <summary>Offers until something is wanted: while the relay runs with the partner itself, nothing is.</summary>
    private static async Task<byte[]> OfferAsync(SyncPeer peer, byte[] ids)
    {
        while (true)
        {
            var reply = await peer.AskAsync(new SyncRequest { Offer = new SyncIds { Ids = ByteString.CopyFrom(ids) } }, Token);
            if (!reply.Wanted.Ids.IsEmpty)
            {
                return reply.Wanted.Ids.ToByteArray();
            }
        }
    }

    private static byte[] Bytes(Bytes32 id)
    {
        var bytes = new byte[Bytes32.Length];
        id.CopyTo(bytes);
        return bytes;
    }

    /// <summary>A relay whose shard 3 has ten messages, and that names two partners, whose keys the tests have.</summary>
    public sealed class Filled : IAsyncLifetime
    {
        private readonly MemoryTransport _network = new();
        private readonly List<Libp2pHost> _hosts = [];

        public Relay Relay { get; private set; } = null!;

        public List<Bytes32> Ids { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            Relay = await Relay.StartAsync("a", _network, [], silo => silo.Services.PostConfigure<SyncOptions>(options =>
            {
                options.Partners = string.Join(',', ((string[])["partner", "greedy"]).Select(name => $"/memory/nobody/p2p/{KeyOf(name).PublicKey.Peer}"));
                options.MaxRunBytes = 1 << 20;
            }));
            await Relay.AppendAsync(Author.OfShard(3), 10);
            Ids = [.. (await Relay.ReadAsync(3)).Keys.Select(id => new Bytes32(Convert.FromHexString(id))).Order()];
        }

        public Task<SyncPeer> StrangerAsync() => ConnectAsync(PrivateKey.Generate());

        public Task<SyncPeer> PartnerAsync(string name = "partner") => ConnectAsync(KeyOf(name));

        public async ValueTask DisposeAsync()
        {
            foreach (var host in _hosts)
            {
                await host.DisposeAsync();
            }

            await Relay.DisposeAsync();
        }

        private static PrivateKey KeyOf(string name) => PrivateKey.FromSeed(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(name)));

        private async Task<SyncPeer> ConnectAsync(PrivateKey key)
        {
            var options = new Libp2pOptions { Identity = key };
            options.Transports.Clear();
            options.Transports.Add(_network);
            var host = new Libp2pHost(options);
            _hosts.Add(host);
            return await SyncPeer.OpenAsync(host, await host.ConnectAsync(Relay.Gateways.Gateway().Addresses[0], Token), Token);
        }
    }
}
