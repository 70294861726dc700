using DChat.Core.Clocks;
using DChat.Core.Envelopes;
using DChat.Core.Shards;

namespace DChat.Client;

/// <summary>Up to where a topic was read.</summary>
/// <param name="Hlc">When the last message read was sealed.</param>
/// <param name="MessageId">That message.</param>
/// <param name="Position">Where it stands in the log that it was read from; another operator's log is another.</param>
public sealed record ReadMarker(HybridTimestamp Hlc, MessageId MessageId, LogPosition Position);
