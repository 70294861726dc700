using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>
/// Reads messages that are asked for by id, page by page. Those that are sealed meanwhile, and are gone from the log, are looked for once
/// more; those that are damaged are left out.
/// </summary>
internal sealed class SyncReader
{
    private readonly ShardSync _shard;
    private readonly HashSet<Bytes32> _ids;
    private readonly bool _isStranger;
    private ShardView _seen = null!;
    private IndexedMessage[] _open = [];
    private StoredMessage[] _sealed = [];
    private int _nextOpen;
    private int _nextSealed;

    private SyncReader(ShardSync shard, HashSet<Bytes32> ids, bool isStranger) => (_shard, _ids, _isStranger) = (shard, ids, isStranger);

    /// <summary>How many messages are to be read yet.</summary>
    public int Left => _open.Length - _nextOpen + _sealed.Length - _nextSealed;

    /// <summary>Looks messages up.</summary>
    public static async Task<SyncReader> LocateAsync(ShardSync shard, HashSet<Bytes32> ids, bool isStranger)
    {
        var reader = new SyncReader(shard, ids, isStranger);
        await reader.LocateAsync().ConfigureAwait(false);
        return reader;
    }

    /// <summary>The next page; empty when there are no more.</summary>
    public async Task<EnvelopeBatch> ReadAsync()
    {
        while (Left > 0)
        {
            var read = new ShardRead(
                new ArraySegment<IndexedMessage>(_open, _nextOpen, _open.Length - _nextOpen),
                new ArraySegment<StoredMessage>(_sealed, _nextSealed, _sealed.Length - _nextSealed),
                EnvelopeBatch.MaxCount);
            var fromLog = read.Open.Length == 0
                ? new StoredEnvelopes([], [])
                : await _shard.Writer.ReadAsync(read.Open, CancellationToken.None).ConfigureAwait(false);
            if (fromLog.Holes.Count > 0 && _seen != _shard.View)
            {
                await LocateAsync().ConfigureAwait(false);
                continue;
            }

            var sealedMessages = _seen.Sealed;
            var fromSegments = read.Sealed.Length == 0
                ? new StoredEnvelopes([], [])
                : await _shard.Reads.ReconcileAsync(() => sealedMessages.Read(read.Sealed), _isStranger).ConfigureAwait(false);
            var reply = read.Reply(default, fromLog, fromSegments);
            foreach (var message in read.Open)
            {
                _ids.Remove(message.Entry.Id.Value);
            }

            (_nextOpen, _nextSealed) = (_nextOpen + read.Open.Length, _nextSealed + read.Sealed.Length);
            foreach (var envelope in reply.Envelopes.Envelopes)
            {
                _ids.Remove(MessageId.Compute(envelope.Span).Value);
            }

            if (reply.Envelopes.Count > 0)
            {
                return reply.Envelopes;
            }
        }

        return EnvelopeBatch.Empty;
    }

    private async Task LocateAsync()
    {
        _seen = _shard.View;
        List<IndexedMessage> open = [];
        foreach (var id in _ids)
        {
            if (_seen.Open.TryFind(new MessageId(id), out var message))
            {
                open.Add(message);
            }
        }

        open.Sort((left, right) => left.Sequence.CompareTo(right.Sequence));
        HashSet<Bytes32> others = [.. _ids];
        others.ExceptWith(open.Select(message => message.Entry.Id.Value));
        var sealedMessages = _seen.Sealed;
        (_open, _nextOpen, _nextSealed) = ([.. open], 0, 0);
        _sealed = others.Count == 0 ? [] : [.. await _shard.Reads.ReconcileAsync(() => sealedMessages.Find(others), _isStranger).ConfigureAwait(false)];
    }
}
