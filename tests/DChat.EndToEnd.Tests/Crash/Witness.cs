using DChat.Abstractions.Streams;
using DChat.Client;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>One subscription, opened once and read to the end of the test, and every position it showed, in order.</summary>
internal sealed class Witness
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(LogPosition Position, MessageId Id)> _seen = [];
    private readonly Lock _gate = new();
    private readonly Task _reading;
    private (ulong Sequence, TaskCompletionSource Reached)? _goal;

    /// <param name="positions">The subscription.</param>
    public Witness(Func<CancellationToken, IAsyncEnumerable<(LogPosition, MessageId)>> positions) =>
        _reading = Task.Run(() => ReadAsync(positions(_stop.Token)));

    public static Witness OfShard(IDChatClient client, Core.Topics.ShardId shard) => new(
        cancel => client.SubscribeEnvelopesAsync(shard, FromTheBeginning, cancel).SelectMany(Positions));

    public static Witness OfTopic(IDChatClient client, Core.Topics.Topic topic) => new(
        cancel => client.SubscribeAsync(topic, FromTheBeginning, cancel).Select(message => (message.Position, message.MessageId)));

    private static SubscribeOptions FromTheBeginning { get; } = new() { Start = StartPosition.Beginning };

    /// <summary>Reads up to a sequence, ends the subscription and returns what it showed.</summary>
    public async Task<IReadOnlyList<(LogPosition Position, MessageId Id)>> FinishAsync(ulong sequence, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _goal = (sequence, reached);
            Check();
        }

        try
        {
            await (await Task.WhenAny(reached.Task, _reading).WaitAsync(ChildProcess.Patience, cancellationToken));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"A subscription showed {_seen.Count} messages, the last at {_seen.LastOrDefault().Position}; {sequence} was waited for.");
        }

        await _stop.CancelAsync();
        await _reading;
        return _seen;
    }

    private static IEnumerable<(LogPosition, MessageId)> Positions(EnvelopeRange range) => range.Envelopes.Envelopes
        .Select((envelope, index) => (new LogPosition(range.Log, range.SequenceAt(index)), MessageId.Compute(envelope.Span)));

    private async Task ReadAsync(IAsyncEnumerable<(LogPosition, MessageId)> positions)
    {
        try
        {
            await foreach (var seen in positions)
            {
                lock (_gate)
                {
                    _seen.Add(seen);
                    Check();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Finished: that is how a subscription ends.
        }
    }

    private void Check()
    {
        if (_goal is { } goal && (goal.Sequence == 0 || (_seen.Count > 0 && _seen[^1].Position.Sequence >= goal.Sequence)))
        {
            goal.Reached.TrySetResult();
        }
    }
}
