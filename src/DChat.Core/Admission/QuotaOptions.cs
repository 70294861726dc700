namespace DChat.Core.Admission;

/// <summary>
/// A token bucket for each key of one kind. An envelope costs one token for each started KiB, so that both many and large
/// messages count.
/// </summary>
public sealed class QuotaOptions
{
    /// <summary>The least <see cref="Burst"/> and the cost of the longest envelope in tokens.</summary>
    public const int MinBurst = 60;

    /// <summary>The greatest <see cref="Burst"/> in tokens.</summary>
    public const int MaxBurst = 10_000_000;

    /// <summary>The greatest <see cref="TokensPerSecond"/>.</summary>
    public const int MaxTokensPerSecond = 1_000_000;

    /// <summary>The least <see cref="MaxTracked"/>.</summary>
    public const int MinTracked = 16;

    /// <summary>The greatest <see cref="MaxTracked"/>.</summary>
    public const int MaxMaxTracked = 16 * 1024 * 1024;

    /// <summary>How fast a bucket refills, in tokens (KiB) per second. 1 to <see cref="MaxTokensPerSecond"/>.</summary>
    [Option("what each {0} may publish, lastingly; every started KiB counts as one", Min = 1, Max = MaxTokensPerSecond, Unit = "KiB/s")]
    public int TokensPerSecond { get; set; }

    /// <summary>How much a full bucket holds, in tokens (KiB). <see cref="MinBurst"/> to <see cref="MaxBurst"/>.</summary>
    [Option("what each {0} may publish at once", Min = MinBurst, Max = MaxBurst, Unit = "KiB")]
    public int Burst { get; set; }

    /// <summary>
    /// How many keys are remembered. <see cref="MinTracked"/> to <see cref="MaxMaxTracked"/>. A key whose bucket is full
    /// needs no memory. Should more than half this many keys be charged within the time a bucket takes to refill, the older
    /// ones are forgotten, which fills their buckets: then the quota errs on the side of letting through, so that a flood
    /// of keys cannot silence others.
    /// </summary>
    [Option("of how many the quota is kept ({0})", Min = MinTracked, Max = MaxMaxTracked)]
    public int MaxTracked { get; set; }
}
