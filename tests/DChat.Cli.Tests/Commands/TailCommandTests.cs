using DChat.Cli.Tests.Fakes;
using DChat.Client.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cli.Tests.Commands;

public sealed class TailCommandTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly CliRun _cli;
    private readonly SignallingWriter _output = new();
    private readonly SignallingWriter _error = new();

    public TailCommandTests() => _cli = new CliRun { Time = _time };

    public void Dispose()
    {
        _cli.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_tail_says_once_that_the_silo_is_gone_and_once_that_it_is_back()
    {
        using var interrupt = new CancellationTokenSource();
        var tail = TailAsync(interrupt.Token);
        await _output.WaitForAsync("\"type\":\"tail\"");

        _cli.Cluster.IsDown = true;
        await _time.UntilAsync(_error.WaitForAsync("\"note\":\"silo-gone\""), Step);
        _time.Advance(TimeSpan.FromMinutes(1));

        _cli.Cluster.IsDown = false;
        await _time.UntilAsync(_error.WaitForAsync("\"note\":\"silo-back\""), Step);
        await interrupt.CancelAsync();

        Assert.Equal(ExitCodes.Ok, await tail);
        Assert.Equal(2, _error.ToString().TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task What_was_sent_while_a_tail_did_not_reach_the_silo_is_shown_when_it_does()
    {
        using var interrupt = new CancellationTokenSource();
        var tail = TailAsync(interrupt.Token);
        await _output.WaitForAsync("\"type\":\"tail\"");
        _cli.Cluster.IsDown = true;
        await _time.UntilAsync(_error.WaitForAsync("\"note\":\"silo-gone\""), Step);

        _cli.Cluster.IsDown = false;
        _cli.Cluster.DeliversStreams = false;
        await _time.UntilAsync(_cli.RunAsync("send", "general", "meanwhile"), Step);
        await _time.UntilAsync(_output.WaitForAsync("\"text\":\"meanwhile\""), Step);

        await interrupt.CancelAsync();
        Assert.Equal(ExitCodes.Ok, await tail);
    }

    private Task<int> TailAsync(CancellationToken cancellationToken) =>
        _cli.App(_output, _error).RunAsync(["tail", "general", "--json", "--home", _cli.Folder["home"]], cancellationToken);
}
