using DChat.Cli.Parsing;
using DChat.Cli.Tests.Fakes;

namespace DChat.Cli.Tests.Parsing;

public sealed class CommandLineTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("send general --jsno", "dchat send has no option --jsno. Do you mean --json?")]
    [InlineData("send --jsno general hi", "dchat send has no option --jsno. Do you mean --json?")]
    [InlineData("send general hi --retenion=7d", "dchat send has no option --retenion. Do you mean --retention?")]
    [InlineData("send general --limit 5", "dchat send has no option --limit.")]
    [InlineData("send general -x", "What begins with - and is no option goes after -- .")]
    [InlineData("--limit 5 fetch general", "dchat has no option --limit.")]
    [InlineData("tial general", "'tial' is not a command of dchat. Do you mean tail?")]
    [InlineData("topic craete team", "'craete' is not a command of dchat topic. Do you mean create?")]
    [InlineData("send general hello world", """put a message of several words in quotes, as in dchat send general "hello world".""")]
    [InlineData("fetch general hello", "'hello' is one word too many: fetch takes <topic>;")]
    [InlineData("send general hi --silo", "--silo takes a value, such as --silo=host:port, and there is none.")]
    [InlineData("send general hi --cluster-id --json", "--cluster-id takes a value")]
    [InlineData("send general hi --binary", "--binary sends standard input: leave the text out.")]
    public async Task A_mistyped_line_is_refused_with_what_was_probably_meant(string line, string expected)
    {
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync(line.Split(' ')));

        Assert.Contains(expected, _cli.Error, StringComparison.Ordinal);
        Assert.Single(_cli.Error.TrimEnd().Split('\n'));
        Assert.Empty(_cli.Cluster.Published);
    }

    [Theory]
    [InlineData("--home", "")]
    [InlineData("--cluster-id=", "")]
    [InlineData("--silo", "")]
    public async Task An_option_with_nothing_as_its_value_is_refused(string option, string value)
    {
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "hi", option, value));

        Assert.Contains("takes a value", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Cluster.Published);
    }

    [Theory]
    [InlineData("--jsno")]
    [InlineData("-")]
    [InlineData("@bob")]
    [InlineData("/h")]
    [InlineData("true")]
    public async Task Whatever_stands_after_two_dashes_is_the_message(string text)
    {
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general", "--json", "--", text));

        await _cli.RunAsync("fetch", "general", "--json");
        Assert.Equal(text, _cli.Lines[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("-")]
    [InlineData("@bob")]
    [InlineData("/h")]
    [InlineData("/?")]
    [InlineData("true")]
    public async Task A_message_may_look_like_what_other_programs_take_for_options(string text)
    {
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general", "--json", text));

        await _cli.RunAsync("fetch", "general", "--json");
        Assert.Equal(text, _cli.Lines[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("send --help")]
    [InlineData("topic create -h")]
    public async Task Every_verb_explains_itself(string line)
    {
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync(line.Split(' ')));

        Assert.Contains("Usage:", _cli.Output, StringComparison.Ordinal);
        Assert.Equal("", _cli.Error);
    }

    [Fact]
    public async Task The_version_is_told_whatever_stands_beside()
    {
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("--json", "--version"));

        Assert.Matches(@"^\d+\.\d+\.\d+", _cli.Output);
    }

    [Fact]
    public async Task Bytes_of_the_command_line_that_were_no_text_are_refused()
    {
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "caf\ufffd"));

        Assert.Contains("Bytes are sent from standard input with --binary.", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Cluster.Published);
    }

    [Theory]
    [InlineData("snd", "send")]
    [InlineData("sned", "send")]
    [InlineData("fetchh", "fetch")]
    [InlineData("xyzzy", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_found_when_it_is_near(string typed, string? expected) =>
        Assert.Equal(expected, Nearest.Of(typed, ["send", "fetch", "tail"]));
}
