using DChat.Core;
using DChat.Core.Reconciliation;
using DChat.Core.Wire;
using DChat.Libp2p.Host;
using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Wire;
using DChat.Testing.Clusters;
using Google.Protobuf;

namespace DChat.Federation.Tests.Sync;

/// <summary>A peer's end of <c>/dchat/sync/1</c>, written from <c>sync.proto</c>.</summary>
public sealed class SyncPeer : IAsyncDisposable
{
    private const int MaxReplyBytes = 2 * 1024 * 1024;

    private SyncPeer(Libp2pStream stream) => Stream = stream;

    public Libp2pStream Stream { get; }

    public static async Task<SyncPeer> OpenAsync(Libp2pHost host, PeerConnection gateway, CancellationToken cancellationToken) =>
        new(await host.NewStreamAsync(gateway, ["/dchat/sync/1"], cancellationToken));

    /// <summary>What opens a stream over a whole shard, from a side that has nothing.</summary>
    public static SyncRequest Open(uint shard = 3, Action<SyncOpen>? change = null)
    {
        var open = new SyncOpen
        {
            Network = TestCluster.Network.Network,
            ShardBits = (uint)TestCluster.Network.ShardBits,
            Shard = shard,
            From = 0,
            To = ulong.MaxValue,
            Ours = new SyncSummary { Count = 0, Sum = ByteString.CopyFrom(new byte[Bytes32.Length]) },
        };
        change?.Invoke(open);
        return new SyncRequest { Open = open };
    }

    public static SyncRequest Fetch(int ids, byte fill = 7) => new() { Fetch = Ids(ids, fill) };

    public static SyncIds Ids(int count, byte fill = 7)
    {
        var bytes = new byte[count * Bytes32.Length];
        bytes.AsSpan().Fill(fill);
        return new SyncIds { Ids = ByteString.CopyFrom(bytes) };
    }

    /// <summary>Asks once.</summary>
    public async Task<SyncReply> AskAsync(SyncRequest request, CancellationToken cancellationToken)
    {
        await SendAsync(request, cancellationToken);
        return await ReadAsync(cancellationToken) ?? throw new InvalidOperationException("The stream ended instead of an answer.");
    }

    public async Task SendAsync(SyncRequest request, CancellationToken cancellationToken)
    {
        LengthPrefixed.Write(Stream.Output, request.ToByteArray());
        await Stream.Output.FlushAsync(cancellationToken);
    }

    /// <summary>The next reply; null when the relay has ended the stream.</summary>
    public async Task<SyncReply?> ReadAsync(CancellationToken cancellationToken) =>
        await LengthPrefixed.ReadAsync(Stream.Input, MaxReplyBytes, cancellationToken) is { } frame ? SyncReply.Parser.ParseFrom(frame) : null;

    /// <summary>All ids of what was opened, by negentropy: this side has nothing.</summary>
    public async Task<List<Bytes32>> FindAllAsync(CancellationToken cancellationToken)
    {
        var found = new Found();
        var initiator = new NegentropyInitiator(new SetIndex(new SetItemList()).Snapshot(), new NegentropyOptions { Salt = 1 }, found);
        var message = initiator.Initiate();
        bool goesOn;
        do
        {
            var reply = await AskAsync(new SyncRequest { Negentropy = ByteString.CopyFrom(message.Span) }, cancellationToken);
            goesOn = initiator.TryContinue(reply.Negentropy.Span, out message);
        }
        while (goesOn);

        return found.Needs;
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    private sealed class Found : IDifferences
    {
        public List<Bytes32> Needs { get; } = [];

        public void Have(SetItem item) => throw new InvalidOperationException();

        public void Need(Bytes32 id) => Needs.Add(id);
    }
}
