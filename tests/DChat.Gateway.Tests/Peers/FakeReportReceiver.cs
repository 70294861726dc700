using System.Collections.Concurrent;
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

    /// <summary>Whether updates are taken, by their number among those reported.</summary>
    public Func<int, bool> Takes { get; set; } = _ => true;

    /// <summary>The updates so far.</summary>
    public ConcurrentQueue<PeerSetUpdate> Updates { get; } = [];

    public async Task<bool> ReportAsync(PeerSetUpdate update)
    {
        Updates.Enqueue(update);
        var taken = Takes(Updates.Count);
        await Call($"report {update.Gateway.PeerCount}");
        return taken;
    }

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
