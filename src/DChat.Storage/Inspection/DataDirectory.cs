using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Files;
using DChat.Storage.Log.Local;
using DChat.Storage.Segments;

namespace DChat.Storage.Inspection;

/// <summary>
/// The data directory of a core that does not run, for its operator: what is in it, whether it is whole, and without what nobody needs.
/// It holds the directory's lock. Opening it repairs what a start would repair.
/// </summary>
public sealed class DataDirectory : IAsyncDisposable
{
    private const int MessagesAtOnce = 128;

    private readonly ProblemLog _problems;
    private readonly LocalShardLog _log;
    private readonly LocalSegmentStore _segments;
    private readonly string _path;

    private DataDirectory(LocalShardLogOptions options, LocalShardLog log, LocalSegmentStore segments, ProblemLog problems)
    {
        (_path, _log, _segments, _problems) = (Path.GetFullPath(options.Directory), log, segments, problems);
        (Network, ShardBits) = (options.Network, options.ShardBits);
    }

    /// <summary>The log's id.</summary>
    public LogId Log => _log.Id;

    /// <summary>The network whose messages are kept.</summary>
    public string Network { get; }

    /// <summary>The network's shard bits.</summary>
    public int ShardBits { get; }

    /// <summary>How many files the log has now.</summary>
    public int LogFiles => WalFiles().Length;

    /// <summary>The bytes of these files.</summary>
    public long LogBytes => WalFiles().Sum(file => file.Length);

    /// <summary>Locks a data directory and recovers the log in it.</summary>
    /// <exception cref="DChatException">
    /// There is no log in it (<c>log-missing</c>), it is in use (<c>log-locked</c>, transient), damaged (<c>log-corrupt</c>, names file and
    /// offset), of another format (<c>log-mismatch</c>), or cannot be used (<c>log-unwritable</c>).
    /// </exception>
    public static DataDirectory Open(string path)
    {
        var manifest = LogManifest.Read(new PhysicalFileSystem(), Path.Combine(Path.GetFullPath(path), LogManifest.FileName))
            ?? throw new DChatException("log-missing", $"There is no log in {Path.GetFullPath(path)}: say with --data where the core has its data.");
        var options = new LocalShardLogOptions { Directory = path, Network = manifest.Network, ShardBits = manifest.ShardBits };
        var problems = new ProblemLog();
        var log = LocalShardLog.Open(options, new PhysicalFileSystem(), problems);
        return new DataDirectory(options, log, new LocalSegmentStore(options, log.Id), problems);
    }

    /// <summary>Describes the shards that have had messages.</summary>
    /// <exception cref="DChatException">A segment is damaged (<c>segment-corrupt</c>), or something cannot be read (transient).</exception>
    public async IAsyncEnumerable<ShardSummary> DescribeAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < 1 << ShardBits; i++)
        {
            var shard = new ShardId((ushort)i);
            var (writer, segments, open) = await OpenAsync(shard, cancellationToken).ConfigureAwait(false);
            if (writer.Head > 0)
            {
                yield return new ShardSummary(shard, writer.Head, open.Count, open.Snapshot().Messages.Sum(message => (long)message.Entry.Length), segments.Segments);
            }
        }
    }

    /// <summary>
    /// Reads every message of the log and of the segments, and checks them against their ids, checksums and roots.
    /// </summary>
    /// <returns>What is wrong: a sentence each, with file and offset where that is known.</returns>
    public async IAsyncEnumerable<string> VerifyAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0; i < 1 << ShardBits; i++)
        {
            var shard = new ShardId((ushort)i);
            foreach (var problem in await VerifyLogAsync(shard, cancellationToken).ConfigureAwait(false))
            {
                yield return problem;
            }

            foreach (var problem in await Task.Run(() => _segments.Verify(shard), cancellationToken).ConfigureAwait(false))
            {
                yield return problem;
            }
        }
    }

    /// <summary>Deletes files of the log whose messages are all sealed, as a core does after a sealing.</summary>
    /// <exception cref="DChatException">As for <see cref="DescribeAsync"/>.</exception>
    public async Task CompactAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 1 << ShardBits; i++)
        {
            var (writer, _, open) = await OpenAsync(new ShardId((ushort)i), cancellationToken).ConfigureAwait(false);
            writer.Release(open.FirstSequence - 1);
        }
    }

    /// <summary>Ends what is under way and releases the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync().ConfigureAwait(false);
        _segments.Dispose();
    }

    private async ValueTask<(IShardLogWriter Writer, IShardSegments Segments, ShardIndex Open)> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        var writer = await _log.OpenAsync(shard, cancellationToken).ConfigureAwait(false);
        var segments = await _segments.OpenAsync(shard, writer.Term, cancellationToken).ConfigureAwait(false);
        return (writer, segments, await writer.ReplayIndexAsync(segments.Sealed, salt: (ulong)Random.Shared.NextInt64(), cancellationToken).ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<string>> VerifyLogAsync(ShardId shard, CancellationToken cancellationToken)
    {
        var writer = await _log.OpenAsync(shard, cancellationToken).ConfigureAwait(false);
        List<IndexedMessage> messages = [];
        await writer.ReplayAsync(
            (in entry, sequence, topicSequence, location) => messages.Add(new IndexedMessage(entry, sequence, topicSequence, location)), cancellationToken).ConfigureAwait(false);
        List<string> problems = [];
        foreach (var chunk in messages.Chunk(MessagesAtOnce))
        {
            var stored = await writer.ReadAsync(chunk, cancellationToken).ConfigureAwait(false);
            problems.AddRange(_problems.Take());
            problems.AddRange(Mistaken(shard, [.. chunk.Where(message => !stored.Holes.Contains(message.Sequence))], stored.Bytes));
        }

        return problems;
    }

    private static IEnumerable<string> Mistaken(ShardId shard, IndexedMessage[] messages, byte[] bytes)
    {
        var offset = 0;
        foreach (var message in messages)
        {
            var id = MessageId.Compute(bytes.AsSpan(offset, message.Entry.Length));
            offset += message.Entry.Length;
            if (id != message.Entry.Id)
            {
                yield return $"Shard {shard}: the log says that sequence {message.Sequence} is {message.Entry.Id}, but the envelope is {id}.";
            }
        }
    }

    private FileInfo[] WalFiles() => new DirectoryInfo(Path.Combine(_path, "wal")).GetFiles("*.wal");
}
