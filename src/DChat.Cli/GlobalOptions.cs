using System.CommandLine;
using DChat.Abstractions.Grains;
using DChat.Client.Devices;
using DChat.Tls;

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

    private readonly Option<string?> _tlsCertificate = new("--tls-certificate")
    {
        Description = "The certificate shown to the silo: PEM, or .pfx with its key. Default: DCHAT_TLS_CERTIFICATE.",
        HelpName = "path",
        Recursive = true,
    };

    private readonly Option<string?> _tlsKey = new("--tls-key")
    {
        Description = "The key of a PEM certificate. Default: DCHAT_TLS_KEY; its password: DCHAT_TLS_KEY_PASSWORD.",
        HelpName = "path",
        Recursive = true,
    };

    private readonly Option<string?> _tlsAuthority = new("--tls-authority")
    {
        Description = "The authority of the silos' certificates, PEM. Default: DCHAT_TLS_AUTHORITY.",
        HelpName = "path",
        Recursive = true,
    };

    public void AddTo(RootCommand root)
    {
        root.Add(_silo);
        root.Add(_home);
        root.Add(_json);
        root.Add(_clusterId);
        root.Add(_serviceId);
        root.Add(_tlsCertificate);
        root.Add(_tlsKey);
        root.Add(_tlsAuthority);
    }

    public bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    public CliSettings Read(ParseResult parsed) => new(
        parsed.GetValue(_silo),
        parsed.GetRequiredValue(_home),
        parsed.GetRequiredValue(_clusterId),
        parsed.GetRequiredValue(_serviceId),
        Environment.GetEnvironmentVariable(OperatorOnlyAttribute.TokenVariable) is { Length: > 0 } token ? token : null,
        ReadTls(parsed));

    // An option replaces its variable alone.
    private TlsFiles? ReadTls(ParseResult parsed)
    {
        var files = TlsFiles.FromEnvironment() ?? new TlsFiles();
        files.Certificate = parsed.GetValue(_tlsCertificate) ?? files.Certificate;
        files.Key = parsed.GetValue(_tlsKey) ?? files.Key;
        files.Authority = parsed.GetValue(_tlsAuthority) ?? files.Authority;
        return (files.Certificate ?? files.Key ?? files.Authority) is null ? null : files;
    }
}
