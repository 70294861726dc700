using System.Text;
using DChat.Abstractions.Messages;
using DChat.Cli.Output;
using DChat.Cli.Tests.Fakes;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;

namespace DChat.Cli.Tests.Commands;

public sealed class SendCommandTests : IDisposable
{
    private const int Longest = 60_948;

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task The_longest_message_is_sent_and_one_byte_more_is_refused_with_the_limit()
    {
        Assert.Equal(Longest, EnvelopeSealer.MaxContentLength);
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general", new string('a', Longest)));
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "--json", new string('a', Longest - 1) + "é"));

        var error = Assert.Single(_cli.ErrorLines);
        Assert.Equal("message-too-long", error.GetProperty("error").GetString());
        Assert.StartsWith("The message has 60949 bytes; a message may have 60948 at most.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Single(_cli.Cluster.Published);
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("\r\n", "")]
    [InlineData("", "")]
    [InlineData("", "--binary")]
    public async Task The_longest_input_is_sent_and_one_byte_more_is_refused_with_the_limit(string end, string option)
    {
        string[] options = option.Length > 0 ? ["--json", option] : ["--json"];
        _cli.UseInput(new string('a', Longest) + end);
        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync(["send", "general", .. options]));
        _cli.UseInput(new string('a', Longest + 1) + end);
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync(["send", "general", .. options]));

        var error = Assert.Single(_cli.ErrorLines);
        Assert.Equal("message-too-long", error.GetProperty("error").GetString());
        Assert.Contains(" is longer than 60948 bytes, ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Single(_cli.Cluster.Published);
    }

    [Fact]
    public async Task Input_much_longer_than_a_message_is_refused_at_its_first_long_line()
    {
        _cli.UseInput($"one\n{new string('a', 4 * Longest)}\nthree\n");

        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general"));

        Assert.StartsWith("dchat: Line 2 of standard input is longer than", _cli.Error, StringComparison.Ordinal);
        Assert.Single(_cli.Cluster.Published);
    }

    [Fact]
    public async Task An_empty_message_is_refused()
    {
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "", "--json"));
        Assert.Equal("message-empty", Assert.Single(_cli.ErrorLines).GetProperty("error").GetString());
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "--binary", "--json"));
        Assert.Equal("message-empty", Assert.Single(_cli.ErrorLines).GetProperty("error").GetString());
        Assert.Empty(_cli.Cluster.Published);
    }

    [Fact]
    public async Task Input_without_text_sends_nothing_and_says_so()
    {
        _cli.UseInput("\n\r\n");

        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general"));

        Assert.Equal("dchat: Standard input had no text, so nothing was sent.", _cli.Error.Trim());
        Assert.Empty(_cli.Cluster.Published);
    }

    [Theory]
    [InlineData("general")]
    [InlineData("general", "--binary")]
    public async Task A_closed_input_is_an_error_at_once(params string[] words)
    {
        _cli.Input = null;

        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync(["send", .. words]));

        Assert.StartsWith("dchat: Standard input is closed. Nothing was sent:", _cli.Error, StringComparison.Ordinal);
        Assert.Empty(_cli.Cluster.Published);
    }

    [Fact]
    public async Task A_text_is_sent_whether_or_not_there_is_an_input()
    {
        _cli.Input = null;

        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general", "hello"));

        Assert.Single(_cli.Cluster.Published);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused_and_the_lines_before_them_are_sent()
    {
        _cli.Input = [.. "one\n"u8, 0xff, 0xfe, .. "\nthree\n"u8];

        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "--json"));

        Assert.Single(_cli.Lines);
        var error = Assert.Single(_cli.ErrorLines);
        Assert.Equal("not-utf8", error.GetProperty("error").GetString());
        Assert.StartsWith("Line 2 of standard input is not UTF-8 text.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_character_is_refused()
    {
        Assert.Equal(ExitCodes.Usage, await _cli.RunAsync("send", "general", "\ud83d", "--json"));

        Assert.Equal("not-utf8", Assert.Single(_cli.ErrorLines).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Binary_input_is_one_message_and_arrives_as_it_was()
    {
        _cli.Input = [0xff, (byte)'\n', 0x1b, (byte)'['];

        Assert.Equal(ExitCodes.Ok, await _cli.RunAsync("send", "general", "--binary"));

        await _cli.RunAsync("fetch", "general", "--json");
        Assert.Equal("/wobWw==", _cli.Lines[0].GetProperty("content_base64").GetString());
        await _cli.RunAsync("fetch", "general");
        Assert.EndsWith(" (binary, 4 bytes) ff0a1b5b", _cli.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain(_cli.Output.TrimEnd(), char.IsControl);
    }

    [Fact]
    public async Task Long_binary_messages_are_shown_by_their_first_bytes()
    {
        _cli.Input = Enumerable.Repeat((byte)0xff, 33).ToArray();
        await _cli.RunAsync("send", "general", "--binary");

        await _cli.RunAsync("fetch", "general");

        Assert.EndsWith($" (binary, 33 bytes) {new string('f', 64)}…", _cli.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_ends_and_the_mark_of_some_editors_are_no_part_of_a_message()
    {
        _cli.Input = [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes("één\r\ntwee")];

        await _cli.RunAsync("send", "general");

        await _cli.RunAsync("fetch", "general", "--json");
        Assert.Equal(["één", "twee"], _cli.Lines.Take(2).Select(line => line.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Every_rejection_says_what_to_do_and_whether_it_may_pass()
    {
        foreach (var code in Enum.GetValues<RejectionCode>().Where(code => code != RejectionCode.None))
        {
            _cli.Cluster.BeforePublish = _ => Task.FromResult<PublishReply?>(new(_cli.Cluster.Shard(default).Log, [new(code)]));

            var exitCode = await _cli.RunAsync("send", "general", "hi", "--json");

            Assert.Equal(code.IsTransient() ? ExitCodes.NotNow : ExitCodes.Failure, exitCode);
            var error = Assert.Single(_cli.ErrorLines);
            Assert.Equal(code.ToCode(), error.GetProperty("error").GetString());
            Assert.Equal($"The message was not sent. {RejectionAdvice.Of(code)}", error.GetProperty("message").GetString());
            Assert.DoesNotContain("does not know the reason", RejectionAdvice.Of(code), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_rejection_newer_than_this_program_has_advice_too() =>
        Assert.Contains("update it", RejectionAdvice.Of((RejectionCode)250), StringComparison.Ordinal);
}
