using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;

namespace DChat.Feeds;

/// <summary>The metrics of feeds.</summary>
internal static class FeedInstruments
{
    public static Counter<long> Renewals { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.feed.renewals", "{subscription}", "Stream subscriptions made anew because they faulted, or a silo was silent or had forgotten them.");

    public static Counter<long> Overflows { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.feed.overflows", "{batch}", "Batches not queued for a slow follower, which reads them from the log instead.");

    public static Counter<long> LogReads { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.feed.log.reads", "{call}", "Reads from the log for history, gaps and slow followers.");
}
