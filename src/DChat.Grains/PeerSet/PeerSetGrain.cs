using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Core;
using Orleans.Placement;

namespace DChat.Grains.PeerSet;

/// <summary>The last report of one gateway. Lives beside it: the first to call is the gateway itself.</summary>
[RequireSiloRole(SiloRole.Edge), PreferLocalPlacement, GrainType("dchat.peer-set")]
public sealed class PeerSetGrain(TimeProvider time) : Grain, IPeerSetGrain
{
    private PeerSetReport? _report;
    private long _receivedAt;

    /// <inheritdoc/>
    public Task ReportAsync(PeerSetReport report)
    {
        var fault = PeerSetReportRules.FaultOf(report, this.GetPrimaryKeyString());
        if (fault is not null)
        {
            throw new DChatException("report-malformed", fault);
        }

        _report = report;
        _receivedAt = time.GetTimestamp();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<PeerSetReport?> DescribeAsync()
    {
        if (time.GetElapsedTime(_receivedAt) > GatewayLiveness.Lifetime)
        {
            _report = null;
        }

        return Task.FromResult(_report);
    }
}
