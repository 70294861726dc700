using Azure.Storage.Blobs;
using DChat.Core;
using DChat.Core.Shards;
using DChat.Core.Topics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Storage.Azure.Log;

/// <summary>
/// The shard log of a cluster with several core silos: append blobs in a container of Azure Storage, each shard on its own. See README.md of
/// the project for the blobs and what each fault leads to.
/// </summary>
public sealed class AzureShardLog : IShardLog, IAsyncDisposable, IDisposable
{
    private readonly Lock _gate = new();
    private readonly AzureLogParts _parts;
    private readonly ShardOpener _opener;
    private readonly HashSet<ShardId> _found;
    private readonly Dictionary<ShardId, AzureShardWriter> _writers = [];
    private readonly CancellationTokenSource _stop;

    private AzureShardLog(AzureLogParts parts, ShardOpener opener, HashSet<ShardId> found, CancellationTokenSource stop) =>
        (_parts, _opener, _found, _stop) = (parts, opener, found, stop);

    /// <inheritdoc/>
    public LogId Id => _parts.Id;

    /// <inheritdoc/>
    public string? Problem => _parts.Health.Problem;

    /// <summary>
    /// The shards that have messages which are not released: those that had any when the process started, until it has opened them. Other
    /// silos may have them; what is asked of a shard reaches its owner all the same.
    /// </summary>
    public IReadOnlyList<ShardId> Unreleased
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. _found.Where(shard => !_writers.ContainsKey(shard))
                        .Concat(_writers.Where(writer => writer.Value.IsUnreleased).Select(writer => writer.Key))
                        .OrderBy(shard => shard.Value),
                ];
            }
        }
    }

    /// <summary>Opens the log in a container, or makes it there.</summary>
    /// <param name="options">Where the log is, and how it keeps its blobs.</param>
    /// <param name="connect">Makes the client of the account, with these options.</param>
    /// <param name="time">The clock of every pause and time limit.</param>
    /// <param name="logger">Hears of faults; null for nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DChatException">
    /// An option is out of its range (<c>options-invalid</c>); the account cannot be used (<c>log-unreachable</c>, transient); or the
    /// container was made for something else (<c>log-mismatch</c>) or is damaged (<c>log-corrupt</c>).
    /// </exception>
    public static async Task<AzureShardLog> OpenAsync(
        AzureShardLogOptions options,
        Func<BlobClientOptions, BlobServiceClient> connect,
        TimeProvider time,
        ILogger<AzureShardLog>? logger,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(connect);
        options.Validate();
        var client = new BlobClientOptions();
        client.Retry.MaxRetries = 0;
        client.Retry.NetworkTimeout = options.AttemptTimeout * 2;
        var container = connect(client).GetBlobContainerClient(options.Container);
        var calls = new BlobCalls(options, time);
        var blobs = new LogBlobs(container, calls);
        AzureLogManifest manifest;
        try
        {
            manifest = await calls.RepeatAsync(cancel => AzureLogManifest.OpenAsync(container, options, cancel), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not DChatException && !cancellationToken.IsCancellationRequested)
        {
            throw AzureLogErrors.Unreachable(blobs.Address, e);
        }

        return await OpenAsync(
            manifest.Id, options, container, blobs, calls, time, logger ?? (ILogger)NullLogger.Instance, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The network has no such shard.</exception>
    /// <exception cref="DChatException">
    /// Storage cannot be reached (<c>log-unreachable</c>, transient) or read (<c>log-unreadable</c>, transient), the shard is damaged
    /// (<c>log-corrupt</c>, names blob and offset), or the log is closed (<c>log-failed</c>, transient).
    /// </exception>
    public async ValueTask<IShardLogWriter> OpenAsync(ShardId shard, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard.Value, 1 << _parts.Options.ShardBits, nameof(shard));
        if (_parts.Stop.IsCancellationRequested)
        {
            throw AzureLogErrors.Closed();
        }

        OpenedShard opened;
        try
        {
            opened = await _opener.OpenAsync(shard, cancellationToken).ConfigureAwait(false);
        }
        catch (DChatException e) when (e is { IsTransient: true, InnerException: { } cause })
        {
            _parts.Health.Ill(cause);
            throw;
        }

        var writer = new AzureShardWriter(_parts, shard, opened);
        lock (_gate)
        {
            // Two that open a shard at once get it one after the other, and may come here in another order.
            if (!_writers.TryGetValue(shard, out var other) || other.Term < writer.Term)
            {
                _writers[shard] = writer;
                other?.Fence();
            }
            else
            {
                writer.Fence();
            }
        }

        return writer;
    }

    /// <summary>Ends what goes on in the background. Nothing waits to be written then: an append is durable when it is answered.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        AzureShardWriter[] writers;
        await _stop.CancelAsync().ConfigureAwait(false);
        lock (_gate)
        {
            writers = [.. _writers.Values];
        }

        await Task.WhenAll(writers.Select(writer => writer.Trimming)).ConfigureAwait(false);
        _parts.Instruments.Dispose();
        _stop.Dispose();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => Task.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    /// <summary>What whoever keeps other things in the container needs of the log.</summary>
    internal AzureLogParts Parts => _parts;

    /// <summary>Completes when what goes on in the background of a shard has ended.</summary>
    internal Task TrimmedAsync(ShardId shard)
    {
        lock (_gate)
        {
            return _writers[shard].Trimming;
        }
    }

    private static async Task<AzureShardLog> OpenAsync(
        LogId id,
        AzureShardLogOptions options,
        BlobContainerClient container,
        LogBlobs blobs,
        BlobCalls calls,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        var found = await blobs.ListAsync(cancellationToken).ConfigureAwait(false);
        var instruments = new AzureShardLogInstruments();
        var appender = new BlockAppender(blobs, calls, options.MaxPause);
        var taker = new BlobTaker(blobs, appender, id);
        var stop = new CancellationTokenSource();
        var parts = new AzureLogParts(
            id,
            options,
            container,
            calls,
            blobs,
            appender,
            taker,
            new EnvelopeReader(blobs, instruments, logger),
            new LogHealth(blobs, logger),
            instruments,
            time,
            logger,
            stop.Token);

        // A blob with nothing but its beginning and its end holds no message.
        return new AzureShardLog(
            parts,
            new ShardOpener(blobs, appender, taker, id, calls),
            [.. found.Where(blob => blob.Length > 2 * BlobMark.Length).Select(blob => blob.Name.Shard)],
            stop);
    }
}
