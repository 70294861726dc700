using System.Globalization;
using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;
using DChat.Core.Topics;

namespace DChat.Core.Tests.Shards;

/// <summary>
/// Leads a shard machine by text: lines that begin with <c>&gt;</c> are inputs, those after them what then follows. Replaying
/// the inputs must give the same text. Messages are numbers, which are also their timestamps; offers have names. A result
/// is a sequence, with <c>*</c> when an earlier copy holds it, or why the message is not kept.
/// </summary>
internal sealed class ShardTranscript
{
    private readonly SyncShardMachine _machine = new(new ShardView(new ShardIndex(salt: 1), NothingSealed.Instance));
    private readonly StringBuilder _text = new();
    private readonly List<(string Name, ShardOffer Offer)> _waiting = [];
    private readonly List<SettledAppend> _settled = [];
    private ShardFloors _floors = ShardFloors.None;
    private ShardAppend? _inFlight;

    /// <summary>Replays and compares.</summary>
    public static void Replay(string expected)
    {
        var transcript = new ShardTranscript();
        foreach (var line in expected.Split('\n').Where(line => line.StartsWith("> ", StringComparison.Ordinal)))
        {
            transcript._text.Append(line).Append('\n');
            transcript.Do(line[2..].Split(' '));
        }

        Assert.Equal(expected.Trim(), transcript._text.ToString().Trim());
    }

    /// <summary>What the index needs of message <paramref name="number"/>.</summary>
    public static IndexEntry Entry(int number, int length = 4)
    {
        Span<byte> bytes = stackalloc byte[MessageId.Length];
        BitConverter.TryWriteBytes(bytes, number);
        return new IndexEntry(
            new MessageId(new Bytes32(bytes)),
            new TopicTag(bytes[..16]),
            new HybridTimestamp((ulong)number),
            RetentionClass.ThirtyDays,
            length,
            Door.Push);
    }

    private void Do(string[] words)
    {
        switch (words[0])
        {
            case "offer":
                Offer(words[1], Door.Push, null, words[2..]);
                break;
            case "gossip":
                Offer(words[1], Door.Gossip, words[1], words[2..]);
                break;
            case "floor":
                var floor = new HybridTimestamp((ulong)Number(words[1]));
                _floors = ShardFloors.Of(retention => retention == RetentionClass.ThirtyDays ? floor : default);
                break;
            case "begin":
                Tell(_machine.TryBegin(out var append) ? $"append {append.FirstSequence}: {Text(Numbers(append))}" : "nothing to append");
                _inFlight = append ?? _inFlight;
                break;
            default:
                Complete(Enum.Parse<AppendOutcome>(words[0], ignoreCase: true));
                break;
        }

        foreach (var (name, offer) in _waiting.Where(waiting => IsSettled(waiting.Offer)).ToList())
        {
            Tell($"{name} = {string.Join(' ', offer.Results(_settled).Select(Text))}");
            _waiting.Remove((name, offer));
        }
    }

    private void Offer(string name, Door door, string? trace, string[] messages)
    {
        int[] numbers = [.. messages.Select(Number)];
        var envelopes = EnvelopeBatch.Pack([.. numbers.Select(number => (ReadOnlyMemory<byte>)BitConverter.GetBytes(number))]);
        var offer = _machine.Offer([.. numbers.Select(number => Entry(number))], envelopes, door, trace, _floors);
        _waiting.Add((name, offer));
        if (!IsSettled(offer))
        {
            Tell($"{name} waits for append {string.Join(" and ", offer.Tickets)}");
        }
    }

    private void Complete(AppendOutcome outcome)
    {
        var effects = _machine.Complete(
            outcome == AppendOutcome.Durable ? new AppendResult(outcome, new ulong[_inFlight!.Entries.Count]) : AppendResult.Not(outcome));
        _settled.AddRange(effects.Settled);
        foreach (var run in effects.Runs)
        {
            Tell($"run {run.FirstSequence}: {Text(run.Envelopes.Envelopes.Select(Number))} by {run.Door}{(run.TraceParent is { } trace ? $" of {trace}" : "")}");
        }

        if (effects.StepDown)
        {
            Tell("step down");
        }
    }

    private bool IsSettled(ShardOffer offer) => offer.Tickets.All(ticket => _settled.Exists(append => append.Ticket == ticket));

    private void Tell(string line) => _text.Append(line).Append('\n');

    private static IEnumerable<int> Numbers(ShardAppend append) =>
        append.Runs.SelectMany(run => Enumerable.Range(0, run.Length / 4).Select(i => BitConverter.ToInt32(run.Span[(4 * i)..])));

    private static int Number(ReadOnlyMemory<byte> envelope) => BitConverter.ToInt32(envelope.Span);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(IEnumerable<int> numbers) => string.Join(' ', numbers);

    private static string Text(OfferResult result) =>
        result.Rejection != RejectionCode.None ? result.Rejection.ToCode()
        : $"{result.Sequence}{(result.IsDuplicate ? "*" : "")}";
}
