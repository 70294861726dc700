using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Abstractions.Placement;
using DChat.Core;
using DChat.Grains.Callers;
using Orleans.Placement;

namespace DChat.Grains.PeerSet;

/// <summary>The last report of one gateway. Lives beside it: the first to call is the gateway itself.</summary>
[RequireSiloRole(SiloRole.Edge), PreferLocalPlacement, GrainType("dchat.peer-set")]
public sealed class PeerSetGrain(TimeProvider time) : Grain, IPeerSetGrain, IIncomingGrainCallFilter
{
    private PeerSetReport? _report;
    private long _receivedAt;

    /// <summary>Keeps callers outside the cluster off <see cref="ReportAsync"/>.</summary>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.MethodName == nameof(ReportAsync) && CallerIdentity.IsOutsideCluster(context.SourceId))
        {
            throw new DChatException("report-forbidden", "Only gateways report peers.");
        }

        return context.Invoke();
    }

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
