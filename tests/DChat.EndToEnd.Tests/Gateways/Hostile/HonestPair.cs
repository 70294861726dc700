using System.Globalization;
using System.Text;
using DChat.Core.Envelopes;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Host;
using DChat.Testing.Gateways;
using DChat.Testing.Messages;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <summary>Two peers who only want to chat: one pushes, the other hears it by gossip; at the end the second fetches it all.</summary>
internal sealed class HonestPair : IAsyncDisposable
{
    private readonly Libp2pHost _pushing = new(new Libp2pOptions());
    private readonly Libp2pHost _listening = new(new Libp2pOptions());
    private readonly List<MessageId> _warmUps = [];
    private readonly List<MessageId> _sent = [];
    private readonly HashSet<MessageId> _heard = [];
    private PushPeer _push = null!;
    private GossipPeer _gossip = null!;
    private FetchPeer _fetch = null!;

    private HonestPair(Author author) => Author = author;

    public Author Author { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Connects both and waits until what one pushes reaches the other.</summary>
    public static async Task<HonestPair> StartAsync(Multiaddr gateway, int shard, int number)
    {
        var pair = new HonestPair(Author.OfShard(shard, number));
        pair._push = await PushPeer.OpenAsync(pair._pushing, await pair._pushing.ConnectAsync(gateway, Cancel), TimeProvider.System, Cancel);
        var listening = await pair._listening.ConnectAsync(gateway, Cancel);
        pair._gossip = await GossipPeer.StartAsync(pair._listening, [pair.Author.Shard], Cancel);
        pair._fetch = await FetchPeer.OpenAsync(pair._listening, listening, Cancel);
        do
        {
            // The gateway follows a shard from its first peer on; what was durable before is history to it.
            pair._warmUps.AddRange(await pair.PushAsync(1, 0));
        }
        while (!await pair._gossip.WaitAsync(TimeSpan.FromMilliseconds(200), Cancel));
        return pair;
    }

    /// <summary>Pushes messages, a few at a time as each is accepted, and hears each of them once.</summary>
    public async Task ChatAsync(int messages, int perRequest = 5, int contentLength = 0)
    {
        for (var sent = 0; sent < messages; sent += perRequest)
        {
            _sent.AddRange(await PushAsync(Math.Min(perRequest, messages - sent), contentLength));
        }

        var expected = _sent.ToHashSet();
        Assert.Equal(_sent.Count, expected.Count);
        while (!expected.IsSubsetOf(_heard))
        {
            Hear(await _gossip.ReadAsync(Cancel).AsTask().WaitAsync(ChildProcess.Patience, Cancel));
        }
    }

    /// <summary>Everything is there for those who were away, once and in order; nobody else's words were heard.</summary>
    public async Task AssertCompleteAsync()
    {
        while (_gossip.Unread > 0)
        {
            Hear(await _gossip.ReadAsync(Cancel));
        }

        Assert.Subset(new HashSet<MessageId>([.. _warmUps, .. _sent]), _heard);
        var fetched = await _fetch.FetchAllAsync(Author.Topic.Tag, Cancel);
        Assert.Equal([.. _warmUps, .. _sent], fetched.Select(message => MessageId.Compute(message.Envelope.Span)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_gossip is not null)
        {
            await _gossip.DisposeAsync();
        }

        await _pushing.DisposeAsync();
        await _listening.DisposeAsync();
    }

    private void Hear(ReadOnlyMemory<byte> envelope) => Assert.True(_heard.Add(MessageId.Compute(envelope.Span)), "A message came twice.");

    private async Task<MessageId[]> PushAsync(int count, int contentLength)
    {
        ReadOnlyMemory<byte>[] envelopes = [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Author.SealOne(
            contentLength > 0 ? new byte[contentLength] : Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_sent.Count + i}"))))];
        var answers = await _push.PushAsync(envelopes, count, Cancel).WaitAsync(ChildProcess.Patience, Cancel);
        Assert.Empty(answers.Rejected);
        Assert.Equal(count, answers.Accepted.Count);
        return [.. envelopes.Select(envelope => MessageId.Compute(envelope.Span))];
    }
}
