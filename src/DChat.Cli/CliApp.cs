using System.CommandLine;
using System.CommandLine.Help;
using DChat.Cli.Commands;
using DChat.Cli.Input;
using DChat.Cli.Output;
using DChat.Cli.Parsing;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Core;

namespace DChat.Cli;

/// <summary>Connects to the network as a device; tests put something else in place of a silo.</summary>
internal delegate Task<CliSession> Connect(CliSettings settings, CancellationToken cancellationToken);

/// <summary>The command line: parses, runs a verb, and turns what goes wrong into one line and an exit code.</summary>
internal sealed class CliApp(Connect connect, TimeProvider time, Stream? input, TextWriter output, TextWriter error)
{
    // A name that begins with @ is no file with more arguments, and letters do not bundle.
    private static readonly ParserConfiguration Parsing = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    private readonly GlobalOptions _options = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        var root = CreateRoot();
        var parsed = root.Parse(args, Parsing);
        if (Problem(root, parsed, args) is { } problem)
        {
            return Fail(parsed, "usage", problem, ExitCodes.Usage);
        }

        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return OutputFailed(parsed, failure);
        }
    }

    /// <summary>Makes a verb's action out of what it does.</summary>
    public void SetAction(Command verb, Func<CliContext, Task<int>> run) =>
        verb.SetAction((parsed, cancellationToken) => GuardAsync(parsed, run, cancellationToken));

    private RootCommand CreateRoot()
    {
        var root = new RootCommand("Talk to a DChat network through one of its silos.");
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Add(new HelpOption("--help", "-h"));
        root.Options.OfType<VersionOption>().Single().Validators.Clear();
        root.Directives.Clear();
        _options.AddTo(root);
        root.Add(SendCommand.Create(this));
        root.Add(TailCommand.Create(this));
        root.Add(FetchCommand.Create(this));
        root.Add(TopicCommand.Create(this));
        root.Add(DeviceCommand.Create(this));
        root.Add(PeersCommand.Create(this));
        root.Add(DhtCommand.Create(this));
        root.Add(SyncCommand.Create(this));
        root.Add(ScrubCommand.Create(this));
        root.Add(RelayCircuitCommand.Create(this));
        root.Add(LogCommand.Create(this));
        root.Add(IdCommand.Create(this));
        root.Add(NegentropyHarnessCommand.Create(this));
        return root;
    }

    private static string? Problem(RootCommand root, ParseResult parsed, string[] args)
    {
        if (CommandLineCheck.Find(root, args) is var (problem, verb))
        {
            return $"{problem} Try: {PathOf(verb)} --help";
        }

        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        var command = parsed.CommandResult.Command;
        return $"{FirstProblem(command, parsed)} Try: {PathOf(command)} --help";
    }

    // Some of the parser's messages are lists over several lines.
    private static string FirstProblem(Command command, ParseResult parsed) =>
        command.Subcommands.Count > 0
            ? $"Say what to do: {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}."
            : parsed.UnmatchedTokens.Count > 0
                ? TopicVerb.TooMany(command, parsed.UnmatchedTokens[0])
                : string.Join(' ', parsed.Errors[0].Message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : "dchat";

    private async Task<int> GuardAsync(ParseResult parsed, Func<CliContext, Task<int>> run, CancellationToken cancellationToken)
    {
        var settings = _options.Read(parsed);
        using var patience = new Patience(Time, cancellationToken);
        var context = new CliContext(settings, parsed, new StandardInput(input), Output(parsed), patience, connect);
        try
        {
            return await run(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        catch (OperationCanceledException)
        {
            return Fail(parsed, DChatErrorCodes.SiloUnavailable, SiloFault.Describe(settings, context.IsConnected), ExitCodes.NotNow);
        }
        catch (UsageException failure)
        {
            return Fail(parsed, failure.Code, failure.Message, ExitCodes.Usage);
        }
        catch (DChatException failure) when (failure.Code == DChatErrorCodes.SiloUnavailable && context.IsConnected)
        {
            return Fail(parsed, failure.Code, SiloFault.Describe(settings, isConnected: true), ExitCodes.NotNow);
        }
        catch (DChatException failure)
        {
            return Fail(parsed, failure.Code, failure.Message, failure.IsTransient ? ExitCodes.NotNow : ExitCodes.Failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return OutputFailed(parsed, failure);
        }
        catch (Exception failure)
        {
            return Fail(
                parsed,
                "internal-error",
                $"dchat met something it was not made for; please report it with what you did. {failure.GetType().Name}: {failure.Message}",
                ExitCodes.Failure);
        }
    }

    // Faults of the input and of the home directory arrive as other exceptions, so this one is of the output.
    private int OutputFailed(ParseResult parsed, Exception failure) => OutputFault.IsClosedPipe(failure)
        ? ExitCodes.OutputClosed
        : Fail(parsed, "output-failed", $"The output cannot be written: {failure.Message}", ExitCodes.Failure);

    private int Fail(ParseResult parsed, string code, string message, int exitCode)
    {
        try
        {
            Output(parsed).Error(code, message);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Nobody reads the errors either; the exit code still tells.
        }

        return exitCode;
    }

    private ICliOutput Output(ParseResult parsed) =>
        _options.IsJson(parsed) ? new JsonOutput(output, error) : new HumanOutput(output, error);
}
