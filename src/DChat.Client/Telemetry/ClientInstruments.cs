using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;

namespace DChat.Client.Telemetry;

/// <summary>The client's metrics.</summary>
internal static class ClientInstruments
{
    public static Counter<long> Published { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.client.published", "{message}", "Messages whose fate is known; outcome is accepted, duplicate or the rejection's code.");

    public static Histogram<double> PublishDuration { get; } = DChatTelemetry.Meter.CreateDuration(
        "dchat.client.publish.duration", "From the call until the message is durable, retries included.");

    public static Histogram<int> BatchSize { get; } = DChatTelemetry.Meter.CreateHistogram<int>(
        "dchat.client.publish.batch.size", "{message}", "Messages in one publish call.");

    public static Counter<long> Retries { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.client.retries", "{call}", "Calls and messages tried again after a failure that may pass.");

    public static Counter<long> Received { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.client.received", "{message}", "Messages opened and handed to subscribers and fetches.");

    public static Counter<long> Skipped { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.client.skipped", "{message}", "Messages of a topic that were not delivered; reason says why.");

    public static Counter<long> Equivocations { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.client.equivocations", "{message}", "Messages whose author had used their sequence for another message.");
}
