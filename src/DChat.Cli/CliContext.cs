using System.CommandLine;
using DChat.Cli.Output;
using DChat.Cli.Session;

namespace DChat.Cli;

/// <summary>What a verb works with.</summary>
internal sealed record CliContext(CliSettings Settings, ParseResult Parsed, TextReader Input, ICliOutput Output, Connect Connect)
{
    /// <summary>Connects as the home directory's device.</summary>
    public Task<CliSession> ConnectAsync(CancellationToken cancellationToken) => Connect(Settings, cancellationToken);
}
