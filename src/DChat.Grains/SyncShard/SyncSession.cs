using System.Security.Cryptography;
using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core;
using DChat.Core.Envelopes;
using DChat.Core.Reconciliation;
using DChat.Core.Shards;

namespace DChat.Grains.SyncShard;

/// <summary>One session over a frozen set. Whichever side of the stream it serves; calls come one after the other.</summary>
internal sealed class SyncSession(
    ShardSync shard, SyncRange range, RangeItems frozen, ShardFloors floors, bool isStranger, Action<SyncSession> close, TimeProvider time) : ISyncSession
{
    /// <summary>The most symbols that a peer is given, or asked for. Each time their number doubles beyond the sketch the whole set is read.</summary>
    internal const int MaxSymbols = FinderOptions.DefaultMaxSymbols;

    /// <summary>The most differences of a session; who has more parts the range.</summary>
    internal const int MaxDifferences = 1 << 17;

    /// <summary>The most bytes of a message of negentropy.</summary>
    internal const int FrameLimit = 1024 * 1024;

    private readonly NegentropyOptions _negentropy = new()
    {
        FrameLimit = FrameLimit,
        MaxDifferences = MaxDifferences,
        Salt = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
    };

    private RatelessSketch? _sketch = frozen.Sketch;
    private PatientSet _items = new(frozen.Items, time);
    private DifferenceFinder? _finder;
    private RatelessEncoder? _encoder;
    private NegentropyResponder? _responder;
    private SyncReader? _reader;
    private long _calledAt = time.GetTimestamp();
    private int _calls;

    /// <summary>Whether the peer is no partner.</summary>
    public bool IsStranger => isStranger;

    /// <summary>Since when nobody has called.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _calls) > 0 ? TimeSpan.Zero : time.GetElapsedTime(Volatile.Read(ref _calledAt));

    /// <inheritdoc/>
    public Task<SyncStep> BeginAsync(SetSummary theirs) => CallAsync(async () =>
    {
        var digest = SyncValues.DigestOf(theirs);
        if (SyncValues.FloorsOf(theirs.Floors).IsAbove(floors))
        {
            // What the peer has pruned is not to come back from us, and is not a difference.
            var (set, _, _) = await shard.ComposeAsync(range with { Floors = theirs.Floors }, ours => ours != digest, isStranger).ConfigureAwait(false);
            (_sketch, _items) = (set.Sketch, new PatientSet(set.Items, time));
        }

        return await WorkAsync(() =>
        {
            _finder = new DifferenceFinder(
                _items, digest, shard.Key, _sketch, new FinderOptions { MaxSymbols = MaxSymbols, Negentropy = _negentropy });
            return StepOf(_finder.Begin());
        }).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public Task<SyncStep> ContinueAsync(byte[] answer) => CallAsync(() =>
    {
        var finder = _finder ?? throw new InvalidOperationException("The session has not begun.");
        return WorkAsync(() => StepOf(finder.Take(answer)));
    });

    /// <inheritdoc/>
    public Task<byte[]> ProduceAsync(int start, int count) => CallAsync(() =>
    {
        if (start < 0 || count is < 1 or > ISyncSession.MaxSymbols)
        {
            throw new DChatException("reconciliation-invalid", $"{count} symbols from {start} on; 1–{ISyncSession.MaxSymbols} may be asked for.");
        }

        return start > MaxSymbols - count ? Task.FromResult<byte[]>([]) : WorkAsync(() =>
        {
            _encoder ??= new RatelessEncoder(_items, shard.Key, _sketch);
            var bytes = new byte[count * CodedSymbol.Length];
            var at = 0;
            foreach (ref readonly var symbol in _encoder.Produce(start, count))
            {
                symbol.Write(bytes.AsSpan(at));
                at += CodedSymbol.Length;
            }

            return bytes;
        });
    });

    /// <inheritdoc/>
    public Task<byte[]> AnswerAsync(byte[] message) => CallAsync(() => WorkAsync(() =>
    {
        _responder ??= new NegentropyResponder(_items, _negentropy);
        return _responder.Answer(message).ToArray();
    }));

    /// <inheritdoc/>
    public Task<int> LocateAsync(byte[] ids) => CallAsync(async () =>
    {
        if (ids.Length % Bytes32.Length != 0 || ids.Length / Bytes32.Length is < 1 or > ISyncSession.MaxIds)
        {
            throw new DChatException("reconciliation-invalid", $"{ids.Length} bytes are not 1–{ISyncSession.MaxIds} ids.");
        }

        _reader = await SyncReader.LocateAsync(shard, [.. SyncValues.Unpack(ids)], isStranger).ConfigureAwait(false);
        return _reader.Left;
    });

    /// <inheritdoc/>
    public Task<EnvelopeBatch> ReadAsync() =>
        CallAsync(() => _reader is { } reader ? reader.ReadAsync() : Task.FromResult(EnvelopeBatch.Empty));

    /// <inheritdoc/>
    public Task CloseAsync()
    {
        close(this);
        return Task.CompletedTask;
    }

    private static SyncFinding FindingOf(DifferenceFinder finder) => new(
        SyncValues.Pack(finder.Haves), SyncValues.Pack(finder.Needs), finder.IsExact, finder.Symbols, finder.IsByNegentropy);

    private SyncStep StepOf(FinderStep step) => new(
        step.Kind, step.Symbols.Start, step.Symbols.Count, step.Message.ToArray(), step.Kind == FinderStepKind.Done ? FindingOf(_finder!) : null);

    private Task<T> WorkAsync<T>(Func<T> work) => shard.Reads.ReconcileAsync(
        () =>
        {
            _items.Begin();
            return work();
        },
        isStranger);

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        Interlocked.Increment(ref _calls);
        try
        {
            return await call().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _calledAt, time.GetTimestamp());
            Interlocked.Decrement(ref _calls);
        }
    }
}
