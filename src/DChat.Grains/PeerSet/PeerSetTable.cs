using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Peers;

namespace DChat.Grains.PeerSet;

/// <summary>
/// What a gateway reported within <see cref="GatewayLiveness.Lifetime"/>. While a report comes in pieces, the one before it
/// is shown. Not thread-safe.
/// </summary>
internal sealed class PeerSetTable(TimeProvider time)
{
    private readonly NumberedSetCopy<string, PeerDescription> _peers = new(peer => peer.PeerId);
    private PeerDescription[]? _described;
    private PeerSetUpdate? _whole;
    private bool _isDescribed;
    private long _wholeAt;
    private long _receivedAt;

    /// <summary>Takes an update; false when the one before it is missing.</summary>
    public bool TryApply(PeerSetUpdate update)
    {
        if (update.HasMore)
        {
            DescribeIfWhole();
        }

        var step = new NumberedSetChanges<string, PeerDescription>(update.Number, update.Base, update.Changed, update.Removed, update.HasMore);
        if (!_peers.TryApply(step))
        {
            return false;
        }

        if (_peers.Entries.Count > PeerSetUpdate.MaxPeersOfGateway)
        {
            _peers.Clear();
            return false;
        }

        _isDescribed &= update.Base == update.Number;
        _receivedAt = time.GetTimestamp();
        if (_peers.IsWhole)
        {
            _whole = update;
            _wholeAt = _receivedAt;
        }

        return true;
    }

    /// <summary>The gateway and its peers, those connected longest first; null when nothing counts any more.</summary>
    public PeerSetReport? Describe()
    {
        // Pieces of a report that never becomes whole must not make the one before it look fresh.
        if (_whole is null || time.GetElapsedTime(_wholeAt) > GatewayLiveness.Lifetime)
        {
            _whole = null;
            _described = null;
            _isDescribed = false;
            if (time.GetElapsedTime(_receivedAt) > GatewayLiveness.Lifetime)
            {
                _peers.Clear();
            }

            return null;
        }

        DescribeIfWhole();
        return _described is null ? null : new PeerSetReport(_whole.Gateway, _whole.ReportedAt, _whole.Gateway.PeerCount, _described);
    }

    // Before the first piece of the next, since the pieces change the peers; and otherwise only when somebody asks.
    private void DescribeIfWhole()
    {
        if (!_isDescribed && _peers.IsWhole)
        {
            _isDescribed = true;
            _described =
            [
                .. _peers.Entries.OrderBy(peer => peer.ConnectedSince).ThenBy(peer => peer.PeerId, StringComparer.Ordinal).Take(PeerSetReport.MaxPeers),
            ];
        }
    }
}
