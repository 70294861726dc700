using DChat.Abstractions.Messages;

namespace DChat.Gateway.Peers;

/// <summary>Where a gateway makes itself and its peers known. One attempt a call.</summary>
internal interface IReportReceiver
{
    Task AnnounceAsync(GatewayDescription gateway);

    /// <summary>Whether the receiver had the update's base; false when it wants the whole set.</summary>
    Task<bool> ReportAsync(PeerSetUpdate update);

    Task LeaveAsync(string gateway);
}
