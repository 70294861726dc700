using System.Collections.Concurrent;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip.Routing;
using DChat.Libp2p.Protocols.Gossip.Wire;

namespace DChat.Libp2p.Protocols.Gossip;

/// <summary>
/// Checks the messages of one peer's RPCs against their topics, cheapest first: topic, policy, id; and, of those that
/// are new, size and signature. Not thread-safe.
/// </summary>
internal sealed class GossipInbox(ConcurrentDictionary<string, TopicPolicy> topics, int maxFrame, PeerId local, GossipCounters counters)
{
    private readonly GossipRpcReader _reader = new();
    private readonly List<GossipPacket> _packets = [];

    /// <summary>Messages that may be new, by their place in the RPC. The caller removes those that are not.</summary>
    internal List<(GossipMessageId Id, string Topic, TopicPolicy Policy, Range Place)> Candidates { get; } = [];

    /// <summary>What of the RPC cannot be a message.</summary>
    internal List<(string? Topic, GossipFault Fault)> Faults { get; } = [];

    /// <summary>
    /// Messages that are not taken and are nobody's fault: own ones, those too long to send on, and those whose signature others
    /// take.
    /// </summary>
    internal List<GossipMessageId> Untaken { get; } = [];

    /// <summary>Decodes an RPC and names its messages; null when it is malformed.</summary>
    internal GossipRpc? Open(ReadOnlySpan<byte> bytes)
    {
        GossipRpc.Empty(Candidates);
        GossipRpc.Empty(Faults);
        GossipRpc.Empty(Untaken);
        if (_reader.Read(bytes) is not { } rpc)
        {
            return null;
        }

        foreach (var place in rpc.Messages)
        {
            Name(bytes[place], place);
        }

        return rpc;
    }

    /// <summary>Copies the candidates out of the RPC, without those that are too long or wrongly signed. Good until the next call.</summary>
    internal List<GossipPacket> Check(ReadOnlySpan<byte> bytes)
    {
        GossipRpc.Empty(_packets);
        foreach (var (id, topic, policy, place) in Candidates)
        {
            if (WireMessage.TryDecode(bytes[place], out var message) && Check(message, id, topic, policy) is { } packet)
            {
                _packets.Add(packet);
            }
        }

        return _packets;
    }

    private void Name(ReadOnlySpan<byte> bytes, Range place)
    {
        if (!WireMessage.TryDecode(bytes, out var message) || _reader.ReadTopic(message.Topic) is not { } topic)
        {
            AddFault(ref counters.Malformed, null, GossipFault.Malformed);
        }
        else if (!topics.TryGetValue(topic, out var policy))
        {
            Interlocked.Increment(ref counters.Unwanted);
        }
        else if (policy.Policy == GossipSignaturePolicy.StrictNoSign ? message.IsSigned : !message.HasFrom || !message.HasSequence || !message.HasSignature)
        {
            // Not remembered by its id: an honest copy may have the same.
            AddFault(ref counters.BadSignature, topic, GossipFault.Signature);
        }
        else
        {
            Candidates.Add((policy.IdOf(topic, message.Data, message.From, message.Sequence), topic, policy, place));
        }
    }

    private GossipPacket? Check(in WireMessage message, GossipMessageId id, string topic, TopicPolicy policy)
    {
        PeerId? author = null;
        if (policy.Policy == GossipSignaturePolicy.StrictSign && GossipSignature.Check(message, out author) is { } fault)
        {
            if (fault is SignatureFault.UnknownKey or SignatureFault.HighS)
            {
                // Peers that know the kind of key, or take either s, forward it in good faith.
                Interlocked.Increment(ref counters.BadSignature);
                Untaken.Add(id);
            }
            else
            {
                AddFault(ref counters.BadSignature, topic, GossipFault.Signature);
            }

            return null;
        }

        if (local.Equals(author))
        {
            // An own message that comes back, from before the last start perhaps.
            Interlocked.Increment(ref counters.Duplicates);
            Untaken.Add(id);
            return null;
        }

        var packet = GossipPacket.Create(id, topic, message, author);
        if (packet.Frame.Length <= maxFrame)
        {
            return packet;
        }

        AddFault(ref counters.Oversized, topic, GossipFault.Oversized);
        Untaken.Add(id);
        return null;
    }

    private void AddFault(ref long counter, string? topic, GossipFault fault)
    {
        Interlocked.Increment(ref counter);
        Faults.Add((topic, fault));
    }
}
