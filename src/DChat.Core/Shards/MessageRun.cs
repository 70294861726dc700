using DChat.Core.Envelopes;

namespace DChat.Core.Shards;

/// <summary>Accepted messages of one offer: consecutive sequences, one door, one trace.</summary>
/// <param name="FirstSequence">The sequence of the first message.</param>
/// <param name="Envelopes">The messages.</param>
/// <param name="Door">By which door they came in.</param>
/// <param name="TraceParent">The W3C trace parent of the offer, if it is sampled.</param>
public sealed record MessageRun(ulong FirstSequence, EnvelopeBatch Envelopes, Door Door, string? TraceParent);
