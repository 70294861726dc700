using DChat.Core.Keys;
using DChat.Core.Topics;

namespace DChat.Core.Admission;

/// <summary>What is asked of a topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Prefix">The network that asks.</param>
/// <param name="Author">For which author.</param>
/// <param name="Tokens">How much.</param>
internal readonly record struct TopicClaim(TopicTag Topic, NetworkPrefix Prefix, AuthorKey Author, int Tokens);
