using DChat.Core.Topics;
using DChat.Core.Wire;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using Google.Protobuf;

namespace DChat.Testing.Gateways;

/// <summary>A device's end of <c>/dchat/fetch/1</c>, written from <c>fetch.proto</c>.</summary>
public sealed class FetchPeer : IAsyncDisposable
{
    private const int MaxReplyBytes = 512 * 1024;

    private FetchPeer(Libp2pStream stream) => Stream = stream;

    public Libp2pStream Stream { get; }

    public static async Task<FetchPeer> OpenAsync(Libp2pHost host, PeerConnection gateway, CancellationToken cancellationToken) =>
        new(await host.NewStreamAsync(gateway, ["/dchat/fetch/1"], cancellationToken));

    /// <summary>Asks once.</summary>
    public async Task<FetchReply> AskAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        LengthPrefixed.Write(Stream.Output, request.ToByteArray());
        await Stream.Output.FlushAsync(cancellationToken);
        return await ReadAsync(cancellationToken) ?? throw new InvalidOperationException("The stream ended instead of an answer.");
    }

    /// <summary>The next reply; null when the gateway has ended the stream.</summary>
    public async Task<FetchReply?> ReadAsync(CancellationToken cancellationToken) =>
        await LengthPrefixed.ReadAsync(Stream.Input, MaxReplyBytes, cancellationToken) is { } frame ? FetchReply.Parser.ParseFrom(frame) : null;

    /// <summary>Everything of a topic, page by page.</summary>
    public async Task<List<FetchedEnvelope>> FetchAllAsync(TopicTag topic, CancellationToken cancellationToken)
    {
        List<FetchedEnvelope> all = [];
        var tag = new byte[TopicTag.Length];
        topic.CopyTo(tag);
        var request = new FetchRequest { TopicTag = ByteString.CopyFrom(tag), MaxCount = 256 };
        while (await AskAsync(request, cancellationToken) is { Messages.Count: > 0 } page)
        {
            all.AddRange(page.Messages);
            request.After = new Cursor { Log = page.Head.Log, Sequence = page.Messages[^1].Sequence };
        }

        return all;
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
