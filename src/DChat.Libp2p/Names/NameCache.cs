namespace DChat.Libp2p.Names;

/// <summary>Answers by question, for as long as they hold. Bounded: the one that came first goes. Thread-safe.</summary>
internal sealed class NameCache<T>(TimeProvider time)
{
    /// <summary>Answers kept.</summary>
    internal const int Capacity = 256;

    /// <summary>An answer is kept no shorter than this, whatever it says: a name must not cost a question for each dial.</summary>
    internal static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(10);

    /// <summary>An answer is kept no longer than this, whatever it says.</summary>
    internal static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    private readonly SteadyClock _clock = SteadyClock.Of(time);
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, (IReadOnlyList<T> Records, DateTimeOffset ExpiresAt)> _answers = [];

    internal IReadOnlyList<T>? Find(string question)
    {
        lock (_gate)
        {
            return _answers.TryGetValue(question, out var answer) && answer.ExpiresAt > _clock.UtcNow ? answer.Records : null;
        }
    }

    internal void Add(string question, NameAnswer<T> answer)
    {
        var life = TimeSpan.FromTicks(Math.Clamp(answer.TimeToLive.Ticks, MinLifetime.Ticks, MaxLifetime.Ticks));
        lock (_gate)
        {
            _answers.Remove(question);
            if (_answers.Count == Capacity)
            {
                _answers.RemoveAt(0);
            }

            _answers.Add(question, (answer.Records, _clock.UtcNow + life));
        }
    }
}
