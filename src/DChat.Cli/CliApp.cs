using System.CommandLine;
using System.CommandLine.Parsing;
using DChat.Cli.Commands;
using DChat.Cli.Output;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Core;

namespace DChat.Cli;

/// <summary>Connects to the network as a device; tests put something else in place of a silo.</summary>
internal delegate Task<CliSession> Connect(CliSettings settings, CancellationToken cancellationToken);

/// <summary>The command line: parses, runs a verb, and turns what goes wrong into one line and an exit code.</summary>
internal sealed class CliApp(Connect connect, TextReader input, TextWriter output, TextWriter error)
{
    private readonly GlobalOptions _options = new();

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand("Talk to a DChat network through one of its silos.");
        _options.AddTo(root);
        root.Add(SendCommand.Create(this));
        root.Add(TailCommand.Create(this));
        root.Add(FetchCommand.Create(this));
        root.Add(TopicCommand.Create(this));
        root.Add(PeersCommand.Create(this));
        root.Add(IdCommand.Create(this));

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Output(parsed).Error("usage", $"{FirstProblem(parsed)} Try: {PathOf(parsed.CommandResult)} --help");
            return ExitCodes.Usage;
        }

        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a verb's action out of what it does.</summary>
    public void SetAction(Command verb, Func<CliContext, CancellationToken, Task<int>> run) =>
        verb.SetAction((parsed, cancellationToken) => GuardAsync(parsed, run, cancellationToken));

    private async Task<int> GuardAsync(
        ParseResult parsed, Func<CliContext, CancellationToken, Task<int>> run, CancellationToken cancellationToken)
    {
        var settings = _options.Read(parsed);
        var lines = Output(parsed);
        try
        {
            return await run(new CliContext(settings, parsed, input, lines, connect), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (DChatException failure) when (failure.Code == DChatErrorCodes.SiloUnavailable)
        {
            lines.Error(
                failure.Code,
                $"No silo of cluster {settings.ClusterId} answers at {settings.Silo}. Start one with: dotnet run --project src/DChat.Silo. ({failure.Message})");
            return ExitCodes.Failure;
        }
        catch (DChatException failure)
        {
            lines.Error(failure.Code, failure.Message);
            return ExitCodes.Failure;
        }
        catch (Exception failure)
        {
            lines.Error("internal-error", $"{failure.GetType().Name}: {failure.Message}");
            return ExitCodes.Failure;
        }
    }

    // A mistyped verb also counts as a missing one; the word itself says more. Some messages are lists over several lines.
    private static string FirstProblem(ParseResult parsed) => parsed.UnmatchedTokens.Count > 0
        ? $"'{parsed.UnmatchedTokens[0]}' is not a command or option here."
        : string.Join(' ', parsed.Errors[0].Message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));

    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "dchat";

    private ICliOutput Output(ParseResult parsed) =>
        _options.IsJson(parsed) ? new JsonOutput(output, error) : new HumanOutput(output, error);
}
