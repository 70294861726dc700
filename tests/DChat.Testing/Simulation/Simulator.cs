using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Testing.Simulation;

/// <summary>
/// One source of chance, one clock and one queue of events for all that is simulated. Events happen one by one, by time and
/// then in the order in which they were planned, so that a seed replays exactly.
/// </summary>
public sealed class Simulator
{
    private const int NotesKept = 40;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly PriorityQueue<Action, (TimeSpan At, long Number)> _events = new();
    private readonly IncrementalHash _happened = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Queue<string> _notes = [];
    private long _planned;

    public Simulator(int seed)
    {
        Seed = seed;
        Random = new Random(seed);
    }

    public int Seed { get; }

    /// <summary>Where all chance comes from. Only events may draw from it, and nothing that runs beside them.</summary>
    public Random Random { get; }

    /// <summary>The time since the start.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>The same clock for code that takes one; its timers fire between events.</summary>
    public TimeProvider Time => _time;

    /// <summary>The last things noted, oldest first.</summary>
    public IEnumerable<string> Notes => _notes;

    /// <summary>Plans an event.</summary>
    public void After(TimeSpan delay, Action work)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        _events.Enqueue(work, (Now + delay, _planned++));
    }

    /// <summary>A time between 0 and <paramref name="most"/>.</summary>
    public TimeSpan Draw(TimeSpan most) => most * Random.NextDouble();

    /// <summary>Lets happen what is planned for the time from now.</summary>
    public void Run(TimeSpan duration)
    {
        var end = Now + duration;
        while (_events.TryPeek(out _, out var next) && next.At <= end)
        {
            var work = _events.Dequeue();
            MoveTo(next.At);
            Remember(next.Number);
            work();
        }

        MoveTo(end);
    }

    /// <summary>Tells what has happened, for <see cref="Fingerprint"/> and for whoever reads a failure.</summary>
    public void Note(string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{Now.TotalSeconds:F3} {what}");
        _happened.AppendData(Encoding.UTF8.GetBytes(line));
        _notes.Enqueue(line);
        if (_notes.Count > NotesKept)
        {
            _notes.Dequeue();
        }
    }

    /// <summary>A hash of every event's time and number and of every note so far: equal for equal runs.</summary>
    public string Fingerprint() => Convert.ToHexStringLower(_happened.GetCurrentHash());

    private void MoveTo(TimeSpan time)
    {
        _time.Advance(time - Now);
        Now = time;
    }

    private void Remember(long number)
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Now.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], number);
        _happened.AppendData(bytes);
    }
}
