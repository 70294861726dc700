namespace DChat.Core.Admission;

/// <summary>What a claim took, to be given back. It may be less than was claimed: an empty bucket gives nothing.</summary>
/// <param name="TopicTicks">What of the topic's bucket, in ticks of its refilling.</param>
/// <param name="Share">What of the network's share, in tokens, and from which half.</param>
internal readonly record struct TopicTaken(long TopicTicks, (double Tokens, bool WasKnown) Share);
