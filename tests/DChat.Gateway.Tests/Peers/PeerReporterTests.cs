using DChat.Abstractions.Grains;
using DChat.Abstractions.Messages;
using DChat.Core.Peers;
using DChat.Gateway.Peers;
using DChat.Testing.Peers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Gateway.Tests.Peers;

public sealed class PeerReporterTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeReportReceiver _receiver = new();
    private readonly RecordingLogger<PeerReporter> _log = new();
    private readonly NumberedSetWriter<string, PeerDescription> _set = new(peer => peer.PeerId, firstNumber: 100, PeerSetUpdate.MaxPeers);
    private readonly PeerReporter _reporter;
    private Exception? _fault;
    private int _peers;

    public PeerReporterTests() => _reporter = new PeerReporter(
        () => _fault is null ? GatewayReports.Gateway("me", _peers) : throw _fault, _set, "me", _receiver, _time, _log);

    public ValueTask DisposeAsync() => _reporter.DisposeAsync();

    [Fact]
    public async Task A_gateway_announces_itself_and_reports_its_peers_at_once_and_every_two_seconds()
    {
        _reporter.Start();
        await NextAre("announce 0", "report 0");

        for (_peers = 1; _peers <= 3; _peers++)
        {
            _time.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
            Assert.Equal(0, _receiver.Unread);
            _time.Advance(TimeSpan.FromTicks(1));
            await NextAre($"announce {_peers}", $"report {_peers}");
        }

        Assert.Empty(_log.Entries);
    }

    [Fact]
    public async Task On_stop_it_leaves_the_directory_once_and_reports_no_more()
    {
        _reporter.Start();
        await NextAre("announce 0", "report 0");

        await _reporter.DisposeAsync();
        await _reporter.DisposeAsync();

        Assert.Equal("leave me", await _receiver.NextAsync());
        _time.Advance(GatewayLiveness.Lifetime);
        Assert.Equal(0, _receiver.Unread);
    }

    [Fact]
    public async Task A_gateway_that_never_started_has_nothing_to_leave()
    {
        await _reporter.DisposeAsync();

        Assert.Equal(0, _receiver.Unread);
    }

    [Fact]
    public async Task A_directory_that_fails_does_not_hold_up_the_report_and_is_told_again_at_the_next_tick()
    {
        _receiver.Answer = call => call.StartsWith("announce", StringComparison.Ordinal) ? Task.FromException(new OrleansException("down")) : null;
        _reporter.Start();
        await NextAre("announce 0", "report 0");
        _receiver.Answer = _ => null;

        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");

        var failure = Assert.Single(_log.Entries);
        Assert.Equal(
            (LogLevel.Debug, "The gateway could not announce itself; it tries again soon.", "down"),
            (failure.Level, failure.Message, failure.Exception?.Message));
    }

    [Fact]
    public async Task Peers_that_cannot_be_looked_at_are_looked_at_again_at_the_next_tick()
    {
        _fault = new InvalidOperationException("not now");
        _reporter.Start();
        await FailuresAre(1);
        Assert.Equal(0, _receiver.Unread);
        _fault = null;

        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");

        Assert.Equal(LogLevel.Debug, Assert.Single(_log.Entries).Level);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_is_given_up_and_the_next_one_made()
    {
        var never = new TaskCompletionSource();
        _receiver.Answer = call => call.StartsWith("report", StringComparison.Ordinal) ? never.Task : null;
        _reporter.Start();
        await NextAre("announce 0", "report 0");

        await FailuresAre(1, step: GatewayLiveness.Period / 4);
        await NextAre("announce 0", "report 0");

        Assert.IsType<TimeoutException>(_log.Entries[0].Exception);
        never.SetResult();
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_does_not_keep_a_gateway_from_stopping()
    {
        var never = new TaskCompletionSource();
        _receiver.Answer = _ => never.Task;
        _reporter.Start();
        await NextAre("announce 0", "report 0");
        var start = _time.GetTimestamp();

        var stopping = _reporter.DisposeAsync().AsTask();
        await AdvanceUntil(() => stopping.IsCompleted, GatewayLiveness.Period / 4);

        Assert.Equal("leave me", await _receiver.NextAsync());
        Assert.Equal(3, _log.Entries.Count);
        Assert.True(_time.GetElapsedTime(start) >= PeerReporter.CallTimeout);
    }

    [Fact]
    public async Task Many_peers_are_reported_in_pieces_at_once_and_then_only_what_changes()
    {
        for (var number = 0; number <= 2 * PeerSetUpdate.MaxPeers; number++)
        {
            _set.Set(GatewayReports.Peer(number));
        }

        _reporter.Start();
        await NextAre("announce 0", "report 0", "report 0", "report 0");
        _set.Set(GatewayReports.Peer(3, agent: "new/1"));
        _set.Remove(GatewayReports.Peer(4).PeerId);
        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");
        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");

        Assert.Equal(
            [
                (101, null, PeerSetUpdate.MaxPeers, 0, true),
                (102, 101, PeerSetUpdate.MaxPeers, 0, true),
                (103, 102, 1, 0, false),
                (104, 103, 1, 1, false),
                (104, 104, 0, 0, false),
            ],
            Reported);
    }

    [Fact]
    public async Task A_receiver_without_the_base_gets_the_whole_set_at_once_and_one_that_refuses_it_is_asked_again_at_the_next_tick()
    {
        _set.Set(GatewayReports.Peer(1));
        _receiver.Takes = number => number is not (2 or 4 or 5);
        _reporter.Start();
        await NextAre("announce 0", "report 0");

        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0", "report 0");
        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0", "report 0");
        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");

        Assert.Equal(
            [
                (101, null, 1, 0, false),
                (101, 101, 0, 0, false),
                (102, null, 1, 0, false),
                (102, 102, 0, 0, false),
                (103, null, 1, 0, false),
                (104, null, 1, 0, false),
            ],
            Reported);
    }

    [Fact]
    public async Task After_an_update_that_was_not_answered_the_whole_set_is_reported()
    {
        _set.Set(GatewayReports.Peer(1));
        _reporter.Start();
        await NextAre("announce 0", "report 0");
        _receiver.Answer = call => call.StartsWith("report", StringComparison.Ordinal) ? Task.FromException(new OrleansException("lost")) : null;
        _set.Set(GatewayReports.Peer(2));
        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");
        _receiver.Answer = _ => null;

        _time.Advance(GatewayLiveness.Period);
        await NextAre("announce 0", "report 0");

        Assert.Equal([(101, null, 1, 0, false), (102, 101, 1, 0, false), (103, null, 2, 0, false)], Reported);
    }

    private IEnumerable<(long Number, long? Base, int Changed, int Removed, bool HasMore)> Reported =>
        _receiver.Updates.Select(update => (update.Number, update.Base, update.Changed.Length, update.Removed.Length, update.HasMore));

    private async Task NextAre(params string[] expected)
    {
        foreach (var call in expected)
        {
            Assert.Equal(call, await _receiver.NextAsync());
        }
    }

    private Task FailuresAre(int count, TimeSpan step = default) => AdvanceUntil(() => _log.Entries.Count >= count, step);

    private async Task AdvanceUntil(Func<bool> condition, TimeSpan step)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _time.Advance(step);
            await Task.Yield();
        }
    }
}
