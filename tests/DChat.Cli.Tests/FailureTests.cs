using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Cli.Tests.Fakes;
using DChat.Client.Tests.Fakes;
using DChat.Core;
using Microsoft.Extensions.Time.Testing;

namespace DChat.Cli.Tests;

/// <summary>What goes wrong ends in time, in one line and in an exit code.</summary>
public sealed class FailureTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = FakeTime.Create();
    private readonly CliRun _cli;
    private readonly StringWriter _error = new();

    public FailureTests() => _cli = new CliRun { Time = _time };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _cli.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("send general hi")]
    [InlineData("fetch general")]
    [InlineData("tail general")]
    [InlineData("peers")]
    public async Task A_verb_whose_silo_never_answers_gives_up_within_ten_seconds(string line)
    {
        var start = _time.GetUtcNow();
        var end = DateTimeOffset.MaxValue;
        var app = App(async (_, cancellationToken) =>
        {
            cancellationToken.Register(() => end = _time.GetUtcNow());
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
            throw new InvalidOperationException();
        });

        var exitCode = await _time.UntilAsync(app.RunAsync([.. line.Split(' '), "--home", _cli.Folder["home"]], Token), Step);

        Assert.Equal(ExitCodes.NotNow, exitCode);
        Assert.InRange(end - start, TimeSpan.Zero, TimeSpan.FromSeconds(9));
        Assert.StartsWith("dchat: Something listens at 127.0.0.1:30000 but does not answer as a silo does", _error.ToString(), StringComparison.Ordinal);
        Assert.Single(_error.ToString().TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("send general hi")]
    [InlineData("fetch general")]
    [InlineData("tail general")]
    [InlineData("peers")]
    public async Task A_silo_without_a_core_is_told_from_no_silo(string line)
    {
        _cli.Cluster.IsDown = true;

        Assert.Equal(ExitCodes.NotNow, await _cli.RunAsync([.. line.Split(' '), "--json"]));

        var error = Assert.Single(_cli.ErrorLines);
        Assert.Equal("silo-unavailable", error.GetProperty("error").GetString());
        Assert.StartsWith(
            "The silo at 127.0.0.1:30000 is there, but no core silo of its cluster answers", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_line_of_input_has_the_whole_patience_for_itself()
    {
        _cli.UseInput("one\ntwo\nthree\n");
        _cli.Cluster.BeforePublish = _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            return Task.FromResult<PublishReply?>(null);
        };

        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general"));

        Assert.Equal(3, _cli.Output.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public async Task A_topic_of_another_network_is_an_error_that_names_both()
    {
        await _cli.RunAsync("topic", "create", "team", "--network", "dchat-other");

        Assert.Equal(ExitCodes.Failure, await _cli.RunAsync("send", "team", "hi", "--json"));

        var error = Assert.Single(_cli.ErrorLines);
        Assert.Equal("wrong-network", error.GetProperty("error").GetString());
        Assert.Contains("network dchat-other", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains(FakeCluster.Network, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_nobody_reads_ends_the_verb_without_a_word()
    {
        await _cli.RunAsync("send", "general", "hi");

        var exitCode = await _cli.App(new BrokenWriter(new IOException("Broken pipe", OperatingSystem.IsWindows() ? unchecked((int)0x8007006d) : 32)), _error)
            .RunAsync(["fetch", "general", "--home", _cli.Folder["home"]], Token);

        Assert.Equal(ExitCodes.OutputClosed, exitCode);
        Assert.Equal("", _error.ToString());
    }

    [Theory]
    [InlineData("fetch general")]
    [InlineData("--help")]
    public async Task An_output_that_cannot_be_written_is_an_error(string line)
    {
        await _cli.RunAsync("send", "general", "hi");

        var exitCode = await _cli.App(new BrokenWriter(new IOException("No space left on device", 28)), _error)
            .RunAsync([.. line.Split(' '), "--home", _cli.Folder["home"]], Token);

        Assert.Equal(ExitCodes.Failure, exitCode);
        Assert.Equal("dchat: The output cannot be written: No space left on device (output-failed)", _error.ToString().Trim());
    }

    [Fact]
    public async Task Errors_that_cannot_be_written_leave_the_exit_code()
    {
        var app = _cli.App(TextWriter.Null, new BrokenWriter(new IOException("Broken pipe", 32)));

        Assert.Equal(ExitCodes.Usage, await app.RunAsync(["send"], Token));
    }

    [Fact]
    public async Task Whatever_nobody_thought_of_is_one_line_without_a_stack()
    {
        _cli.Cluster.Bug = new InvalidOperationException("surprise");

        Assert.Equal(ExitCodes.Failure, await _cli.RunAsync("fetch", "general"));

        Assert.StartsWith("dchat: dchat met something it was not made for", _cli.Error, StringComparison.Ordinal);
        Assert.EndsWith("InvalidOperationException: surprise (internal-error)", _cli.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.Single(_cli.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_may_pass_has_an_exit_code_of_its_own()
    {
        Assert.Equal(ExitCodes.NotNow, await RunAsync(isTransient: true));
        Assert.Equal(ExitCodes.Failure, await RunAsync(isTransient: false));

        Task<int> RunAsync(bool isTransient) =>
            App((_, _) => throw new DChatException("home-locked", "Another process uses it.", isTransient)).RunAsync(["peers"], Token);
    }

    [Fact]
    public void A_silo_is_described_by_what_it_does()
    {
        var settings = new CliSettings(new SiloEndpoint("::1", 31_000), "home", "blue", "blue");

        Assert.StartsWith("Nothing listens at [::1]:31000. Start a silo with: dotnet run", SiloFault.Nobody(settings), StringComparison.Ordinal);
        Assert.Contains("belongs to another cluster than blue", SiloFault.OtherCluster(settings), StringComparison.Ordinal);
    }

    private CliApp App(Connect connect) => new(connect, _time, Stream.Null, TextWriter.Null, _error);
}
