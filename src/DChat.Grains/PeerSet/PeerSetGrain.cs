using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Core;
using Orleans.Placement;

namespace DChat.Grains.PeerSet;

/// <summary>The peers of one gateway: a shell over <see cref="PeerSetTable"/>. Lives beside the gateway, which is the first to call.</summary>
[RequireSiloRole(SiloRole.Edge), PreferLocalPlacement, GrainType("dchat.peer-set")]
public sealed class PeerSetGrain(TimeProvider time) : Grain, IPeerSetGrain
{
    private readonly PeerSetTable _table = new(time);
    private IGatewayPort? _port;

    /// <inheritdoc/>
    public Task<bool> ReportAsync(PeerSetUpdate update)
    {
        var fault = PeerSetUpdateRules.FaultOf(update, this.GetPrimaryKeyString());
        return fault is null ? Task.FromResult(_table.TryApply(update)) : throw new DChatException("report-malformed", fault);
    }

    /// <inheritdoc/>
    public Task<PeerSetReport?> DescribeAsync() => Task.FromResult(_table.Describe());

    /// <inheritdoc/>
    public Task AttachAsync(IGatewayPort port)
    {
        _port = port;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<DhtDescription?> DescribeDhtAsync() => Port is { } port ? await port.DescribeDhtAsync() : null;

    /// <inheritdoc/>
    public async Task<DhtFinding?> FindPeerAsync(string peerId)
    {
        ArgumentNullException.ThrowIfNull(peerId);
        return Port is { } port
            ? await port.FindPeerAsync(peerId) ?? throw new DChatException("peer-id-malformed", "That is no PeerId.")
            : null;
    }

    /// <inheritdoc/>
    public async Task<CircuitDescription?> DescribeCircuitsAsync() => Port is { } port ? await port.DescribeCircuitsAsync() : null;

    /// <inheritdoc/>
    public async Task<CircuitRelayDescription?> ReserveCircuitAsync(string relay)
    {
        ArgumentNullException.ThrowIfNull(relay);
        return Port is { } port
            ? await port.ReserveCircuitAsync(relay) ?? throw new DChatException("relay-address-malformed", "That is no address that ends with /p2p and a relay's id.")
            : null;
    }

    /// <inheritdoc/>
    public async Task<CircuitRelease?> ReleaseCircuitAsync(string peerId)
    {
        ArgumentNullException.ThrowIfNull(peerId);
        return Port is { } port ? new CircuitRelease(await port.ReleaseCircuitAsync(peerId)) : null;
    }

    /// <inheritdoc/>
    public async Task<SyncDescription?> DescribeSyncAsync() => Port is { } port ? await port.DescribeSyncAsync() : null;

    /// <inheritdoc/>
    public async Task<SyncDescription?> BeginSyncAsync(string? partner)
    {
        if (Port is not { } port)
        {
            return null;
        }

        return await port.BeginSyncAsync(partner)
            ? await port.DescribeSyncAsync()
            : throw new DChatException("partner-unknown", "The gateway has no such partner; those it has are named by DChat:Sync:Partners.");
    }

    /// <summary>The port of a gateway that still reports: one that has gone would let its callers wait.</summary>
    private IGatewayPort? Port => _table.Describe() is null ? null : _port;
}
