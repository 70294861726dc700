using System.Collections.Concurrent;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Logging;

namespace DChat.Storage.Azure.Log;

/// <summary>Reads envelopes back from blobs, neighbours with one request, and checks each.</summary>
internal sealed partial class EnvelopeReader(LogBlobs blobs, AzureShardLogInstruments instruments, ILogger logger)
{
    /// <summary>How many damaged records are remembered as told; beyond it they are told again at every read.</summary>
    public const int MaxTold = 65_536;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<(BlobName Blob, long Offset), byte> _told = new();

    /// <summary>Reads the envelopes of messages, back to back, without those whose records are damaged or gone.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The envelopes exceed <see cref="RecordRun.MaxEnvelopeBytes"/>.</exception>
    /// <param name="shard">The shard.</param>
    /// <param name="shardBlobs">Its blobs.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="isTaken">Whether another writer has the shard; asked when a blob is gone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">Storage cannot be read, or another writer has released what was asked for (<c>log-unreadable</c>, transient).</exception>
    public async Task<StoredEnvelopes> ReadAsync(
        ShardId shard,
        ShardBlobs shardBlobs,
        ReadOnlyMemory<IndexedMessage> messages,
        Func<CancellationToken, Task<bool>> isTaken,
        CancellationToken cancellationToken)
    {
        var envelopes = new byte[RecordRun.EnvelopeBytesOf(messages.Span)];
        var written = 0;
        List<ulong> holes = [];
        for (var i = 0; i < messages.Length;)
        {
            var run = messages.Slice(i, RecordRun.CountOf(messages.Span[i..]));
            var blob = shardBlobs[LogLocation.FileOf(run.Span[0].Location)];
            var bytes = await ReadRunAsync(blob, run, cancellationToken).ConfigureAwait(false);
            if (bytes is { } there)
            {
                written += RecordRun.Take(shard, run.Span, there.Span, envelopes.AsSpan(written), (message, fault) =>
                {
                    holes.Add(message.Sequence);
                    Tell(blob, message, fault);
                });
            }
            else if (await isTaken(cancellationToken).ConfigureAwait(false))
            {
                // They are sealed, but whoever asks will never hear of that here.
                throw AzureLogErrors.Released(blobs.PathOf(blob));
            }
            else
            {
                // Released and gone: whoever asks has looked before it was.
                holes.AddRange(run.ToArray().Select(message => message.Sequence));
            }

            i += run.Length;
        }

        return new StoredEnvelopes(written == envelopes.Length ? envelopes : envelopes[..written], holes);
    }

    private async Task<ReadOnlyMemory<byte>?> ReadRunAsync(BlobName blob, ReadOnlyMemory<IndexedMessage> run, CancellationToken cancellationToken)
    {
        var offset = LogLocation.OffsetOf(run.Span[0].Location);
        try
        {
            return await blobs.ReadAsync(blob, offset, RecordRun.LengthOf(run.Span), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw AzureLogErrors.Unreadable(blobs.PathOf(blob), offset, e);
        }
    }

    private void Tell(BlobName blob, in IndexedMessage message, string fault)
    {
        var place = (blob, LogLocation.OffsetOf(message.Location));
        if (_told.ContainsKey(place) || (_told.Count < MaxTold && !_told.TryAdd(place, 0)))
        {
            return;
        }

        LogDamaged(blobs.PathOf(blob), place.Item2, message.Entry.Id, fault);
        instruments.Damaged();
    }

    [LoggerMessage(
        EventId = 1040, Level = LogLevel.Error,
        Message = "{Blob} is damaged at offset {Offset}: the record of {Message} {Fault}; readers are told of a hole")]
    private partial void LogDamaged(string blob, long offset, MessageId message, string fault);
}
