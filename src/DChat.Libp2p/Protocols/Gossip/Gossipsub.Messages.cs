using DChat.Libp2p.Streams;
using DChat.Libp2p.Swarm;

namespace DChat.Libp2p.Protocols.Gossip;

/// <content>What peers send.</content>
public sealed partial class Gossipsub
{
    private async Task ServeAsync(Libp2pStream stream, CancellationToken hostStopping)
    {
        GossipSession? session;
        var older = stream;
        lock (_gate)
        {
            session = EnsureSession(stream.RemotePeer, stream.Protocol);
            if (session is not null && !IsOlder(stream, session.Inbound))
            {
                older = session.Inbound;
                session.Inbound = stream;
            }
        }

        older?.Reset();
        if (session is null || older == stream)
        {
            return;
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(hostStopping, _stopping.Token);
        try
        {
            await ReadAsync(session, stream, stopping.Token).ConfigureAwait(false);
        }
        finally
        {
            Forget(session, stream);
        }
    }

    /// <summary>Streams opened in a row may be served in another order.</summary>
    private static bool IsOlder(Libp2pStream stream, Libp2pStream? than) =>
        than is not null && than.Connection == stream.Connection && stream.Id < than.Id;

    private void Forget(GossipSession session, Libp2pStream stream)
    {
        lock (_gate)
        {
            if (session.Inbound == stream)
            {
                session.Inbound = null;
                if (_sessions.GetValueOrDefault(session.Peer) == session)
                {
                    _router.ForgetInterests(session.Peer, Now);
                    Apply();
                }
            }
        }
    }

    private async Task ReadAsync(GossipSession session, Libp2pStream stream, CancellationToken cancellationToken)
    {
        using var reader = new GossipReader(stream.Input, _options.Limits.MaxRpcReceived);
        var inbox = new GossipInbox(_topics, _options.Limits.MaxRpcSent, _host.LocalPeer, _router.Counters);
        try
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { } rpc)
            {
                if (IsGraylisted(session.Peer))
                {
                    Interlocked.Increment(ref _router.Counters.GraylistedRpcs);
                    continue;
                }

                if (!TryProcess(stream.Connection, inbox, rpc.Span))
                {
                    throw new Libp2pException(Libp2pErrorCodes.Malformed, "An RPC is malformed.");
                }
            }
        }
        catch (Libp2pException e) when (e.Code is Libp2pErrorCodes.Malformed or Libp2pErrorCodes.LimitReached)
        {
            Interlocked.Increment(ref _router.Counters.Malformed);
            _logger.MalformedRpc(session.Peer, e.Message);
            lock (_gate)
            {
                _router.ReportFaults(session.Peer, [(null, GossipFault.Malformed)], Now);
            }

            throw;
        }
    }

    /// <summary>Ids are made and signatures checked outside the lock; the router alone knows which messages are new.</summary>
    private bool TryProcess(PeerConnection over, GossipInbox inbox, ReadOnlySpan<byte> bytes)
    {
        var from = over.RemotePeer;
        if (inbox.Open(bytes) is not { } rpc)
        {
            return false;
        }

        if (rpc.Subscriptions.Count + rpc.PassedOver + inbox.Candidates.Count > 0)
        {
            lock (_gate)
            {
                var now = Now;
                _router.HandleSubscriptions(from, rpc, now);
                inbox.Candidates.RemoveAll(c => _router.IsDuplicate(from, c.Id, c.Topic, now));
                Apply();
            }
        }

        var packets = inbox.Check(bytes);
        if (packets.Count + inbox.Untaken.Count + inbox.Faults.Count > 0 || rpc.HasControl)
        {
            lock (_gate)
            {
                var now = Now;
                _router.ReportFaults(from, inbox.Faults, now);
                inbox.Untaken.ForEach(id => _router.PassBy(from, id));
                foreach (var packet in packets)
                {
                    if (packet.Author is null || !_blocked.Contains(packet.Author))
                    {
                        _router.Receive(from, packet, now);
                    }
                    else
                    {
                        _router.PassBy(from, packet.Id);
                    }
                }

                _router.HandleControl(from, rpc, now);
                Apply(over);
            }
        }

        return true;
    }
}
