using DChat.Abstractions.Messages;

namespace DChat.Gateway.Peers;

/// <summary>Where a gateway makes itself and its peers known. One attempt a call.</summary>
internal interface IReportReceiver
{
    Task AnnounceAsync(GatewayDescription gateway);

    Task ReportAsync(PeerSetReport report);

    Task LeaveAsync(string gateway);
}
