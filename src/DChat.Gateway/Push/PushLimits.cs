using DChat.Core.Envelopes;
using DChat.Libp2p.Streams;

namespace DChat.Gateway.Push;

/// <summary>What a peer may take by <c>/dchat/push/1</c>. The figures that stand in <c>push.proto</c> are part of the contract.</summary>
internal static class PushLimits
{
    /// <summary>The longest request in bytes: a batch, with a tag and a length for each envelope.</summary>
    public const int MaxRequestBytes = EnvelopeBatch.MaxBytes + (EnvelopeBatch.MaxCount * 4);

    /// <summary>Envelopes of one stream that may be unanswered.</summary>
    public const int MaxUnanswered = 4096;

    /// <summary>Bytes of envelopes of one stream that may be unanswered.</summary>
    public const int MaxUnansweredBytes = 4 * 1024 * 1024;

    /// <summary>How long a peer may take to send a request that it has begun. Meanwhile the request's length is taken from the budgets.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer may take to read a reply.</summary>
    public static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a stream is not read after its source had nothing left. Refusing costs processor too: whoever pushes on
    /// regardless would take it from others.
    /// </summary>
    public static readonly TimeSpan PauseWhenSpent = TimeSpan.FromMilliseconds(500);

    /// <summary>Streams of one connection, one through a relay too: what a circuit carries is enough for many messages.</summary>
    public static readonly ProtocolLimits Streams = new(MaxInbound: 4, MaxOutbound: 4, OnLimited: true);
}
