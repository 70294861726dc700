using DChat.Abstractions.Messages;
using DChat.Abstractions.Streams;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Feeds;

namespace DChat.Client.Tests.Feeds;

/// <summary>A log source whose message at each sequence is known: that sequence, in one to four bytes.</summary>
internal sealed class FakeLog(LogId id, ulong head) : ILogSource
{
    private const int MaxRead = 3;

    public LogId Id { get; set; } = id;

    public ulong Head { get; set; } = head;

    public ulong Floor { get; init; }

    public bool RefusesAll { get; init; }

    public ulong[] Pruned { get; init; } = [];

    public Action OnPause { get; set; } = () => { };

    public int Reads { get; private set; }

    public int Heads { get; private set; }

    public int Pauses { get; private set; }

    public static byte[] EnvelopeAt(ulong sequence) => [.. Enumerable.Repeat((byte)sequence, 1 + (int)(sequence % 4))];

    public static EnvelopeRange Range(LogId log, ulong first, int count) => EnvelopeRange.Of(new ShardBatch(
        default,
        log,
        first,
        first + (ulong)count - 1,
        Pack(Enumerable.Range(0, count).Select(i => first + (ulong)i)),
        Door.Push,
        traceParent: null));

    public EnvelopeRange Append(int count)
    {
        var range = Range(Id, Head + 1, count);
        Head += (ulong)count;
        return range;
    }

    public Task<LogPosition> GetHeadAsync(CancellationToken cancellationToken)
    {
        Heads++;
        return Task.FromResult(new LogPosition(Id, Head));
    }

    public Task<EnvelopeRange?> ReadAsync(LogPosition after, CancellationToken cancellationToken)
    {
        Reads++;
        if (RefusesAll || after.Log != Id || after.Sequence > Head || after.Sequence < Floor)
        {
            return Task.FromResult<EnvelopeRange?>(null);
        }

        ulong[] sequences = [.. Enumerable.Range((int)after.Sequence + 1, (int)(Head - after.Sequence))
            .Select(s => (ulong)s).Where(s => !Pruned.Contains(s)).Take(MaxRead)];
        var reply = new ReadReply(ReadStatus.Ok, new LogPosition(Id, Head), Pack(sequences), sequences, sequences, [.. sequences.Select(_ => Door.Push)]);
        return Task.FromResult<EnvelopeRange?>(EnvelopeRange.Of(after, reply));
    }

    public Task PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        Pauses++;
        OnPause();
        return Task.CompletedTask;
    }

    private static EnvelopeBatch Pack(IEnumerable<ulong> sequences) =>
        EnvelopeBatch.Pack([.. sequences.Select(s => new ReadOnlyMemory<byte>(EnvelopeAt(s)))]);
}
