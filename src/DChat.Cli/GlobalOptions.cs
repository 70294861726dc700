using System.CommandLine;
using DChat.Abstractions.Grains;
using DChat.Client.Devices;

namespace DChat.Cli;

/// <summary>Defines and reads the options that every verb understands.</summary>
internal sealed class GlobalOptions
{
    private const string DefaultCluster = "dchat";

    private readonly Option<SiloEndpoint> _silo = new("--silo")
    {
        Description = "The client port of a silo; the silo prints it as it starts.",
        HelpName = "host:port",
        Recursive = true,
        DefaultValueFactory = _ => new SiloEndpoint("127.0.0.1", 30_000),
        CustomParser = result =>
        {
            if (!SiloEndpoint.TryParse(result.Tokens[0].Value, out var endpoint))
            {
                result.AddError($"--silo takes host:port, such as 127.0.0.1:30000, not '{result.Tokens[0].Value}'.");
            }

            return endpoint;
        },
    };

    private readonly Option<string> _home = new("--home")
    {
        Description = "The directory with the device key, the topics and the sequences.",
        HelpName = "path",
        Recursive = true,
        DefaultValueFactory = _ => DChatHome.DefaultPath,
    };

    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print one JSON object a line; errors too, on standard error.",
        Arity = ArgumentArity.Zero,
        Recursive = true,
    };

    private readonly Option<string> _clusterId = new("--cluster-id")
    {
        Description = "The Orleans cluster id of the silos.",
        HelpName = "id",
        Recursive = true,
        DefaultValueFactory = _ => DefaultCluster,
    };

    private readonly Option<string> _serviceId = new("--service-id")
    {
        Description = "The Orleans service id of the silos.",
        HelpName = "id",
        Recursive = true,
        DefaultValueFactory = _ => DefaultCluster,
    };

    public void AddTo(RootCommand root)
    {
        root.Add(_silo);
        root.Add(_home);
        root.Add(_json);
        root.Add(_clusterId);
        root.Add(_serviceId);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    public CliSettings Read(ParseResult parsed) => new(
        parsed.GetValue(_silo),
        parsed.GetRequiredValue(_home),
        parsed.GetRequiredValue(_clusterId),
        parsed.GetRequiredValue(_serviceId),
        Environment.GetEnvironmentVariable(OperatorOnlyAttribute.TokenVariable) is { Length: > 0 } token ? token : null);
}
