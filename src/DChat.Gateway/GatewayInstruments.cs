using System.Diagnostics.Metrics;
using DChat.Abstractions.Diagnostics;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Gateway;

/// <summary>The gateway's metrics.</summary>
internal static class GatewayInstruments
{
    private static readonly Counter<long> GossipReceived = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.gossip.received", "{message}", "Messages that came by gossip for the first time, by verdict and code.");

    private static readonly Counter<long> GossipLost = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.gossip.not_kept", "{message}", "Good messages that were gossiped on but not made durable here, by reason.");

    private static readonly Counter<long> FannedOut = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.fanout.messages", "{message}", "Durable messages handed to gossip; outcome is published or duplicate.");

    private static readonly Counter<long> PushAccepted = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.push.accepted", "{message}", "Pushed messages that were acknowledged as durable.");

    private static readonly Counter<long> PushRejected = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.push.rejected", "{message}", "Pushed messages that were not kept, by code.");

    private static readonly Counter<long> Fetches = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.fetch.requests", "{request}", "Fetch requests, by status.");

    private static readonly Counter<long> Fetched = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.fetch.messages", "{message}", "Messages handed to fetching peers.");

    private static readonly Counter<long> ForgersClosed = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.forgers.closed", "{peer}", "Peers whose connections were closed for forged signatures, or for gossip that every honest peer rejects.");

    public static UpDownCounter<int> PushStreams { get; } = DChatTelemetry.Meter.CreateUpDownCounter<int>(
        "dchat.gateway.push.streams", "{stream}", "Push streams that are open.");

    public static UpDownCounter<long> PushHeld { get; } = DChatTelemetry.Meter.CreateUpDownCounter<long>(
        "dchat.gateway.push.held", "By", "Bytes of push requests that are being read, or are read and neither refused nor durable yet.");

    public static Counter<long> PushReclaimed { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.push.reclaimed", "{request}", "Push requests that were cut off while they were sent, because others needed the room.");

    public static Counter<long> AppendRetries { get; } = DChatTelemetry.Meter.CreateCounter<long>(
        "dchat.gateway.append.retries", "{call}", "Calls to shards that were made again, because the shard was moving or its silo did not answer.");

    public static Histogram<int> PushReplySize { get; } = DChatTelemetry.Meter.CreateHistogram<int>(
        "dchat.gateway.push.acceptance.size", "{message}", "Messages under one signed acceptance.");

    public static Histogram<double> PushDuration { get; } = DChatTelemetry.Meter.CreateDuration(
        "dchat.gateway.push.duration", "From reading a push request until its messages are durable.");

    public static void Gossiped(GossipVerdict verdict, RejectionCode code) => GossipReceived.Add(
        1, new KeyValuePair<string, object?>("verdict", NameOf(verdict)), new KeyValuePair<string, object?>("code", code.ToCode()));

    public static void GossipNotKept(string reason) => GossipLost.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void Fanned(int published, int duplicates)
    {
        FannedOut.Add(published, new KeyValuePair<string, object?>("outcome", "published"));
        FannedOut.Add(duplicates, new KeyValuePair<string, object?>("outcome", "duplicate"));
    }

    public static void Pushed(int accepted) => PushAccepted.Add(accepted);

    public static void PushRefused(RejectionCode code) => PushRejected.Add(1, new KeyValuePair<string, object?>("code", code.ToCode()));

    public static void FetchAnswered(string status, int messages)
    {
        Fetches.Add(1, new KeyValuePair<string, object?>("status", status));
        Fetched.Add(messages);
    }

    public static void ForgerClosed() => ForgersClosed.Add(1);

    private static string NameOf(GossipVerdict verdict) => verdict switch
    {
        GossipVerdict.Accept => "accept",
        GossipVerdict.Reject => "reject",
        GossipVerdict.Defer => "defer",
        _ => "ignore",
    };
}
