using System.Threading.Channels;
using DChat.Abstractions.Messages;
using DChat.Gateway.Peers;

namespace DChat.Gateway.Tests.Peers;

/// <summary>Keeps what it was told, in order; tests wait for it, and make it fail or not answer.</summary>
internal sealed class FakeReportReceiver : IReportReceiver
{
    private readonly Channel<string> _calls = Channel.CreateUnbounded<string>();

    /// <summary>What becomes of a call, by its text; null for success.</summary>
    public Func<string, Task?> Answer { get; set; } = _ => null;

    public Task AnnounceAsync(GatewayDescription gateway) => Call($"announce {gateway.PeerCount}");

    public Task ReportAsync(PeerSetReport report) => Call($"report {report.TotalPeers}");

    public Task LeaveAsync(string gateway) => Call($"leave {gateway}");

    /// <summary>The next call, which may be still to come.</summary>
    public async Task<string> NextAsync() =>
        await _calls.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Calls that nobody has waited for yet.</summary>
    public int Unread => _calls.Reader.Count;

    private Task Call(string call)
    {
        _calls.Writer.TryWrite(call);
        return Answer(call) ?? Task.CompletedTask;
    }
}
