using System.CommandLine;
using DChat.Cli.Input;
using DChat.Cli.Output;
using DChat.Cli.Session;

namespace DChat.Cli;

/// <summary>What a verb works with.</summary>
internal sealed class CliContext(CliSettings settings, ParseResult parsed, StandardInput input, ICliOutput output, Patience patience, Connect connect)
{
    public CliSettings Settings { get; } = settings;

    public ParseResult Parsed { get; } = parsed;

    public StandardInput Input { get; } = input;

    public ICliOutput Output { get; } = output;

    /// <summary>How long the silo may keep the verb waiting.</summary>
    public Patience Patience { get; } = patience;

    /// <summary>Whether a silo has answered.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Connects as the home directory's device.</summary>
    public async Task<CliSession> ConnectAsync()
    {
        var session = await connect(Settings, Patience.Token).ConfigureAwait(false);
        IsConnected = true;
        return session;
    }
}
