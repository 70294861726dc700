using System.Security.Cryptography;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Reconciliation;
using DChat.Core.Wire;
using DChat.Federation.Sync;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Transports.Memory;
using DChat.Libp2p.Wire;
using DChat.Testing.Messages;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;

namespace DChat.Federation.Tests.Sync;

/// <summary>A partner that answers as it likes: the run ends, says what was wrong, and nothing is kept that was not asked for.</summary>
public sealed class HostilePartnerTests : IAsyncLifetime
{
    private static readonly PrivateKey Key = PrivateKey.FromSeed(SHA256.HashData("hostile"u8));

    private readonly MemoryTransport _network = new();
    private Libp2pHost _host = null!;
    private Relay? _relay;
    private int _streams;

    public async ValueTask InitializeAsync()
    {
        var options = new Libp2pOptions { Identity = Key };
        options.Transports.Clear();
        options.Transports.Add(_network);
        options.ListenAddresses.Add(Multiaddr.Parse("/memory/hostile"));
        _host = new Libp2pHost(options);
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_relay is not null)
        {
            await _relay.DisposeAsync();
        }

        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Counts_that_always_differ_are_parted_only_so_often()
    {
        var run = await RunAsync(request => [request.WhatCase == SyncRequest.WhatOneofCase.Open ? Opened(count: uint.MaxValue - 1) : OneId(null)]);

        Assert.All(run.Shards, shard => Assert.Contains($"{RunBudget.MaxSplits} ranges were parted", shard.Fault, StringComparison.Ordinal));
        Assert.InRange(_streams, RunBudget.MaxSplits, (2 * RunBudget.MaxSplits) + 64);
    }

    [Fact]
    public async Task More_messages_than_a_shard_can_have_are_malformed()
    {
        var run = await RunAsync(_ => [Opened(count: uint.MaxValue)]);

        Assert.All(run.Shards, shard => Assert.Equal(("A summary is malformed.", 0), (shard.Fault, shard.Theirs)));
    }

    [Fact]
    public async Task A_partner_that_comes_and_goes_has_a_run_each_five_seconds_at_most()
    {
        var before = await RunAsync(request => [Same(request)]);
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 12; i++)
        {
            await _host.DisconnectAsync(_relay!.Gateways.Gateway().Addresses[0].Peer!);
            await _host.ConnectAsync(_relay.Gateways.Gateway().Addresses[0], TestContext.Current.CancellationToken);
            for (var from = TimeProvider.System.GetUtcNow();
                TimeProvider.System.GetUtcNow() < from.AddMilliseconds(100) || _relay.Sync.Describe().Partners[0].IsRunning;)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        var runs = _relay!.Sync.Describe().Partners[0].Runs - before.Runs;
        Assert.InRange(runs, 0, 2 + (long)(TimeProvider.System.GetElapsedTime(began) / SyncRunner.MinReturn));
    }

    [Fact]
    public async Task Another_answer_than_the_one_that_is_due_is_a_fault() =>
        Assert.All((await RunAsync(_ => [new SyncReply { Wanted = new SyncIds() }])).Shards, shard => Assert.Contains("where Opened is due", shard.Fault, StringComparison.Ordinal));

    [Fact]
    public async Task Negentropy_that_cannot_be_read_is_a_fault() =>
        Assert.All(
            (await RunAsync(request => request.WhatCase == SyncRequest.WhatOneofCase.Open
                ? [Opened(count: 5)]
                : [new SyncReply { Negentropy = ByteString.CopyFrom(0x61, 0xFF, 0xFF, 0xFF) }])).Shards,
            shard => Assert.NotNull(shard.Fault));

    [Fact]
    public async Task Batches_without_end_end()
    {
        var run = await RunAsync(request => request.WhatCase switch
        {
            SyncRequest.WhatOneofCase.Open => [Opened(count: 1)],
            SyncRequest.WhatOneofCase.Negentropy => [OneId(SHA256.HashData("nothing"u8))],
            _ => Enumerable.Repeat(new SyncReply { Envelopes = new SyncEnvelopes() }, 9_000),
        });

        Assert.All(run.Shards, shard => Assert.Contains("More batches came than ids were asked for", shard.Fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_not_asked_for_is_refused_and_what_is_missing_is_told()
    {
        var envelope = Author.OfShard(3).SealOne("unasked"u8);
        var run = await RunAsync(request => request.WhatCase switch
        {
            SyncRequest.WhatOneofCase.Open => [Opened(count: 1)],
            SyncRequest.WhatOneofCase.Negentropy => [OneId(SHA256.HashData("nothing"u8))],
            _ => [new SyncReply { Envelopes = new SyncEnvelopes { Envelopes = { ByteString.CopyFrom(envelope) }, Last = true } }],
        });

        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Equal((1, 0, 1, false), (shard.Needs, shard.Pulled, shard.Refused, shard.IsExact));
        Assert.Null(run.EqualAt);
        Assert.Empty(await _relay!.ReadAsync(3));
    }

    [Fact]
    public async Task Who_wants_more_than_it_is_offered_is_at_fault()
    {
        var run = await RunAsync(
            request => request.WhatCase switch
            {
                SyncRequest.WhatOneofCase.Open => [Opened(count: 0)],
                SyncRequest.WhatOneofCase.Negentropy => [OneId(null)],
                _ => [new SyncReply { Wanted = SyncPeer.Ids(11) }],
            },
            relay => relay.AppendAsync(Author.OfShard(3), 10));

        Assert.Contains("More was wanted than was offered", run.Shards.Single(shard => shard.Shard == 3).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partner_that_is_busy_is_a_fault_that_passes()
    {
        var run = await RunAsync(_ => [new SyncReply { Failed = SyncStatus.Busy }]);

        Assert.All(run.Shards, shard => Assert.Contains("too much to do", shard.Fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_that_is_sent_again_and_again_counts_once_and_does_not_pass_for_another()
    {
        var author = Author.OfShard(3);
        byte[][] pair = [];
        var run = await RunAsync(request => request switch
        {
            { WhatCase: SyncRequest.WhatOneofCase.Open, Open.Shard: 3 } => [OpenedWith(pair = [author.SealOne("one"u8), author.SealOne("two"u8)])],
            { WhatCase: SyncRequest.WhatOneofCase.Open } => [Same(request)],
            { WhatCase: SyncRequest.WhatOneofCase.Negentropy } => [new SyncReply { Negentropy = ByteString.CopyFrom([0x61, 0, 0, 2, 2, .. IdsOf(pair)]) }],
            { WhatCase: SyncRequest.WhatOneofCase.Fetch } => [Batch(pair[0], isLast: false), Batch(pair[0], isLast: true)],
            { WhatCase: SyncRequest.WhatOneofCase.Offer } => [new SyncReply { Wanted = request.Offer }],
            _ => [new SyncReply { Kept = new SyncKept { Kept = (uint)request.Envelopes.Envelopes.Count } }],
        });

        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Null(run.Fault);
        Assert.Equal((2, 1, true), (shard.Needs, shard.Pulled, shard.IsExact));
        Assert.Null(run.EqualAt);
    }

    [Fact]
    public async Task Who_keeps_more_than_it_is_given_is_at_fault()
    {
        var run = await RunAsync(
            request => request.WhatCase switch
            {
                SyncRequest.WhatOneofCase.Open => [Opened(count: 0)],
                SyncRequest.WhatOneofCase.Negentropy => [OneId(null)],
                SyncRequest.WhatOneofCase.Offer => [new SyncReply { Wanted = request.Offer }],
                _ => [new SyncReply { Kept = new SyncKept { Kept = 11 } }],
            },
            relay => relay.AppendAsync(Author.OfShard(3), 10));

        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Contains("More was kept than was given", shard.Fault, StringComparison.Ordinal);
        Assert.Equal(0, shard.Given);
    }

    [Fact]
    public async Task Differences_that_are_too_many_for_a_session_are_found_in_parts_though_the_counts_do_not_show_them()
    {
        const int Count = 140_000;
        var items = new SetItemList();
        for (ulong i = 0; i < Count; i++)
        {
            items.Add(new SetItem(i, new Bytes32(SHA256.HashData(BitConverter.GetBytes(i)))));
        }

        var all = SetIndex.Build(items, Count).Snapshot();
        NegentropyResponder? responder = null;
        var run = await RunAsync(request => request switch
        {
            { WhatCase: SyncRequest.WhatOneofCase.Open, Open.Shard: 3 } => [OpenRange(request.Open)],
            { WhatCase: SyncRequest.WhatOneofCase.Open } => [Same(request)],
            { WhatCase: SyncRequest.WhatOneofCase.Negentropy } =>
                [new SyncReply { Negentropy = ByteString.CopyFrom(responder!.Answer(request.Negentropy.Span).Span) }],
            _ => [new SyncReply { Envelopes = new SyncEnvelopes { Last = true } }],
        });

        var shard = run.Shards.Single(each => each.Shard == 3);
        Assert.Null(run.Fault);
        Assert.Equal(("split", Count, 0, false), (shard.Method, shard.Needs, shard.Pulled, shard.IsExact));

        SyncReply OpenRange(SyncOpen open)
        {
            // Like a relay that has as many messages, and others than we.
            var range = new SubSet(all, new SetItem(open.From, default), new SetItem(open.To, default));
            responder = new NegentropyResponder(range, new NegentropyOptions { Salt = 1, FrameLimit = 1024 * 1024 });
            return Opened(count: Math.Min(1, (ulong)range.Count));
        }
    }

    [Fact]
    public async Task A_partner_that_answers_nothing_has_the_time_of_a_run()
    {
        var run = await RunAsync(request => request.Open is { Shard: 3 } ? [] : [Same(request)], maxRunTime: TimeSpan.FromSeconds(1));

        Assert.Contains("The time of the run was over", run.Shards.Single(each => each.Shard == 3).Fault, StringComparison.Ordinal);
        Assert.Equal(16, run.Shards.Length);
    }

    private static SyncReply Same(SyncRequest request) => new() { Opened = new SyncOpened { Theirs = request.Open.Ours } };

    private static SyncReply Batch(byte[] envelope, bool isLast) =>
        new() { Envelopes = new SyncEnvelopes { Envelopes = { ByteString.CopyFrom(envelope) }, Last = isLast } };

    private static byte[] IdsOf(byte[][] envelopes) => [.. envelopes.SelectMany(SHA256.HashData)];

    private static SyncReply OpenedWith(byte[][] envelopes)
    {
        var digest = envelopes.Aggregate(default(SetDigest), (sum, envelope) => sum.With(new Bytes32(SHA256.HashData(envelope))));
        var bytes = new byte[Bytes32.Length];
        digest.Sum.CopyTo(bytes);
        return new SyncReply { Opened = new SyncOpened { Theirs = new SyncSummary { Count = digest.Count, Sum = ByteString.CopyFrom(bytes) } } };
    }

    private static SyncReply Opened(ulong count) => new()
    {
        Opened = new SyncOpened { Theirs = new SyncSummary { Count = count, Sum = ByteString.CopyFrom(SHA256.HashData("sum"u8)) } },
    };

    /// <summary>Negentropy of a side that has one id, or nothing.</summary>
    private static SyncReply OneId(byte[]? id) => new()
    {
        Negentropy = ByteString.CopyFrom([0x61, 0, 0, 2, .. id is null ? [0] : (byte[])[1, .. id]]),
    };

    private async Task<SyncPartnerDescription> RunAsync(Func<SyncRequest, IEnumerable<SyncReply>> answer, Func<Relay, Task>? prepare = null, TimeSpan? maxRunTime = null)
    {
        _host.SetStreamHandler("/dchat/sync/1", (stream, cancellationToken) => ServeAsync(stream, answer, cancellationToken));
        _relay = await Relay.StartAsync("a", _network, [], silo => silo.Services.PostConfigure<SyncOptions>(options =>
            (options.Partners, options.QuietWindow, options.MaxRunTime) =
                ($"/memory/hostile/p2p/{Key.PublicKey.Peer}", TimeSpan.Zero, maxRunTime ?? options.MaxRunTime)));
        if (prepare is not null)
        {
            await prepare(_relay);
        }

        await _relay.RunAsync();
        _streams = 0;
        return await _relay.RunAsync();
    }

    private async Task ServeAsync(Libp2pStream stream, Func<SyncRequest, IEnumerable<SyncReply>> answer, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _streams);
        while (await LengthPrefixed.ReadAsync(stream.Input, 2_000_000, cancellationToken) is { } frame)
        {
            foreach (var reply in answer(SyncRequest.Parser.ParseFrom(frame)))
            {
                LengthPrefixed.Write(stream.Output, reply.ToByteArray());
                await stream.Output.FlushAsync(cancellationToken);
            }
        }
    }
}
