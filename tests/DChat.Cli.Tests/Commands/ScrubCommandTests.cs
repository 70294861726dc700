using DChat.Abstractions.Messages;
using DChat.Cli.Tests.Fakes;

namespace DChat.Cli.Tests.Commands;

public sealed class ScrubCommandTests : IDisposable
{
    private readonly CliRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public async Task Every_shard_is_read_to_its_end_and_the_sums_are_told()
    {
        _run.Cluster.Scrubs[(0, ScrubPosition.Start)] = new ScrubPage(new ScrubPosition("aa", 0), 40, 1, []);
        _run.Cluster.Scrubs[(0, new ScrubPosition("aa", 0))] = new ScrubPage(new ScrubPosition(null, 0), 0, 0, []);
        _run.Cluster.Scrubs[(0, new ScrubPosition(null, 0))] = new ScrubPage(Next: null, 2, 0, []);

        Assert.Equal(0, await _run.RunAsync("scrub"));

        Assert.Equal("42 messages were read, 1 sealed segments checked against their roots: 0 things are wrong.", _run.Output.TrimEnd());
    }

    [Fact]
    public async Task What_is_wrong_is_a_line_each_and_exit_code_1()
    {
        _run.Cluster.Scrubs[(0, ScrubPosition.Start)] = new ScrubPage(Next: null, 40, 1, ["x.seg is damaged at offset 7: the leaves do not lead to the root."]);

        Assert.Equal(1, await _run.RunAsync("scrub", "--json"));

        Assert.Equal(
            [
                """{"type":"damage","message":"x.seg is damaged at offset 7: the leaves do not lead to the root."}""",
                """{"type":"scrubbed","messages":40,"segments":1,"problems":1}""",
            ],
            _run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("data-damaged", _run.Error, StringComparison.Ordinal);
    }
}
