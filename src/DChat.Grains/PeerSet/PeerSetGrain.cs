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

    /// <inheritdoc/>
    public Task<bool> ReportAsync(PeerSetUpdate update)
    {
        var fault = PeerSetUpdateRules.FaultOf(update, this.GetPrimaryKeyString());
        return fault is null ? Task.FromResult(_table.TryApply(update)) : throw new DChatException("report-malformed", fault);
    }

    /// <inheritdoc/>
    public Task<PeerSetReport?> DescribeAsync() => Task.FromResult(_table.Describe());
}
