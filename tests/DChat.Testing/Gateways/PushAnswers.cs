using DChat.Core.Wire;

namespace DChat.Testing.Gateways;

/// <summary>What became of the envelopes of one push, each answered once.</summary>
/// <param name="first">The number of the first on its stream.</param>
public sealed class PushAnswers(ulong first)
{
    /// <summary>The accepted, by their place in the push.</summary>
    public SortedDictionary<int, AcceptedEnvelope> Accepted { get; } = [];

    /// <summary>The rejected, by their place in the push.</summary>
    public SortedDictionary<int, RejectedEnvelope> Rejected { get; } = [];

    /// <summary>The signed acceptances.</summary>
    public List<SignedStatement> Acceptances { get; } = [];

    public int Count => Accepted.Count + Rejected.Count;

    public void Add(PushReply reply)
    {
        foreach (var accepted in reply.Accepted)
        {
            Accepted.Add((int)(accepted.Number - first), accepted);
        }

        foreach (var rejected in reply.Rejected)
        {
            Rejected.Add((int)(rejected.Number - first), rejected);
        }

        if (reply.Acceptance is { } acceptance)
        {
            Acceptances.Add(acceptance);
        }
    }
}
