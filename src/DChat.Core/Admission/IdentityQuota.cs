namespace DChat.Core.Admission;

/// <summary>
/// How many identities a caller may begin: keys are free, and each identity takes room for good. Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class IdentityQuota(TimeProvider time)
{
    /// <summary>How many a caller may begin at once.</summary>
    public const int Burst = 32;

    /// <summary>How many callers are remembered; see <see cref="QuotaOptions.MaxTracked"/>.</summary>
    public const int MaxTracked = 16 * 1024;

    /// <summary>After how long a caller may begin one more.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromMinutes(1);

    private static readonly int Cost = (int)Refill.TotalSeconds;

    private readonly Lock _gate = new();
    private readonly QuotaTable<string> _callers = new(
        new QuotaOptions { TokensPerSecond = 1, Burst = Burst * Cost, MaxTracked = MaxTracked }, time.TimestampFrequency);

    /// <summary>Whether a caller may begin one more identity now; if so, it is counted.</summary>
    public bool TryTake(string caller)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (!_callers.Holds(caller, Cost, now))
            {
                return false;
            }

            _callers.Take(caller, Cost, now);
            return true;
        }
    }
}
