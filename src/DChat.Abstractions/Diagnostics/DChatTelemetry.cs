using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DChat.Abstractions.Diagnostics;

/// <summary>Where DChat's traces and metrics come from. Subscribe to the source and the meter called <see cref="Name"/>.</summary>
public static class DChatTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "DChat";

    /// <summary>Spans <c>dchat.publish</c>, <c>dchat.push</c>, <c>dchat.gossip</c>, <c>dchat.admit</c>, <c>dchat.append</c>, <c>dchat.fanout</c> and <c>dchat.deliver</c>.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Instruments <c>dchat.*</c>.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>A histogram of durations in seconds with buckets from 100 µs to 10 s; the usual ones start at 5 s.</summary>
    public static Histogram<double> CreateDuration(this Meter meter, string name, string description)
    {
        ArgumentNullException.ThrowIfNull(meter);
        return meter.CreateHistogram(name, "s", description, tags: null, DurationBuckets);
    }

    private static InstrumentAdvice<double> DurationBuckets { get; } = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };
}
