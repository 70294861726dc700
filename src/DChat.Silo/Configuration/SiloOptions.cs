using System.Net;
using DChat.Abstractions.Placement;
using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>What is the silo's own: where it keeps data and listens. Section <c>DChat</c>.</summary>
[OptionSection("DChat")]
internal sealed class SiloOptions
{
    /// <summary>The longest <see cref="Name"/>.</summary>
    public const int MaxNameLength = 32;

    /// <summary>Where messages and grain state are kept; relative to the current directory. Default <c>./data</c>.</summary>
    [Option("where messages, grain state and keys are kept; shared by the silos of one cluster on one machine, of which one is a core", Form = "a path on a local disk", Switch = "--data")]
    public string DataDirectory { get; set; } = "./data";

    /// <summary>What the silo does in its cluster. Default <see cref="SiloRole.All"/>.</summary>
    [Option("what the silo does: core keeps the messages, edge faces chat peers, all is both", Form = "core, edge or all", Switch = "--role", Default = "all")]
    public SiloRole Role { get; set; } = SiloRole.All;

    /// <summary>What the silo is called, 1 to <see cref="MaxNameLength"/> of a-z, 0-9 and '-'. Default null: as its role.</summary>
    [Option("what the silo is called in its cluster; edges on one data directory need different ones", Form = "1 to 32 of a-z, 0-9 and '-', starting and ending with a letter or digit", Switch = "--name", Default = "the role")]
    public string? Name { get; set; }

    /// <summary>Silo endpoint, on loopback, of the process that keeps the list of members. Default null: this one.</summary>
    [Option("silo port of the process that keeps the list of the cluster's members, where DChat:Cluster:Membership is Local; start it first, and keep it running", Form = "127.0.0.1 and a port of 1 to 65535, such as 127.0.0.1:11111", Switch = "--primary", Default = "the silo's own")]
    public string? Primary { get; set; }

    /// <summary>TCP port for other silos, at <see cref="MembershipOptions.Address"/>. Default 11111; range 1–65535.</summary>
    [Option("TCP port of DChat:Cluster:Address for the cluster", Min = 1, Max = IPEndPoint.MaxPort, Switch = "--silo-port")]
    public int SiloPort { get; set; } = 11111;

    /// <summary>TCP port for clients, at <see cref="MembershipOptions.Address"/>. Default 30000; range 1–65535.</summary>
    [Option("TCP port of DChat:Cluster:Address for clients: the SDK and the CLI", Min = 1, Max = IPEndPoint.MaxPort, Switch = "--client-port")]
    public int ClientPort { get; set; } = 30000;

    /// <summary>IP address and port of health, metrics and dashboard. Default <c>127.0.0.1:8080</c>.</summary>
    [Option("health, metrics and the dashboard, without authentication", Form = "an IP address and a port of 1 to 65535, such as 127.0.0.1:8080", Switch = "--http")]
    public string AdminEndpoint { get; set; } = "127.0.0.1:8080";

    /// <summary>Whether the Orleans dashboard is served. Default no: it costs memory and processor time.</summary>
    [Option("the Orleans dashboard at /orleans of the admin endpoint; it costs 65 MiB and 5 to 9 % of the silo's work", Form = "true or false", Switch = "--dashboard", Default = "false")]
    public bool Dashboard { get; set; }

    /// <summary>How long a stop may take. Default 30 s; range 1 s–10 min.</summary>
    [Option("how long a stop may take before what is under way is dropped", Min = "00:00:01", Max = "00:10:00", Switch = "--shutdown-timeout")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What DChat logs; from Debug on everybody logs as much. Default Information.</summary>
    [Option("what DChat logs; others log warnings, and from Debug on as much as DChat, with the stack of a failed start", Form = "Trace, Debug, Information, Warning, Error, Critical or None", Switch = "--log-level")]
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary><see cref="Name"/>, or its default.</summary>
    public string SiloName => Name ?? Role.ToText();

    /// <summary><see cref="Primary"/>, parsed, or its default.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Validate"/> would throw.</exception>
    public IPEndPoint PrimaryAddress => Primary is null
        ? new IPEndPoint(IPAddress.Loopback, SiloPort)
        : ParseEndpoint(Primary) ?? throw new InvalidOperationException($"{nameof(Primary)} is not an endpoint.");

    /// <summary><see cref="AdminEndpoint"/>, parsed.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Validate"/> would throw.</exception>
    public IPEndPoint AdminAddress =>
        ParseEndpoint(AdminEndpoint) ?? throw new InvalidOperationException($"{nameof(AdminEndpoint)} is not an endpoint.");

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">
    /// An option is out of its range (<c>options-invalid</c>); the message names option and range.
    /// </exception>
    public void Validate()
    {
        OptionRules.Check(this);
        OptionRules.Require(!string.IsNullOrWhiteSpace(DataDirectory), this, nameof(DataDirectory));
        OptionRules.Require(Role is SiloRole.Core or SiloRole.Edge or SiloRole.All, this, nameof(Role));
        OptionRules.Require(IsName(SiloName), this, nameof(Name));
        OptionRange.Require(ClientPort != SiloPort, nameof(ClientPort), ClientPort, "another port than SiloPort");
        OptionRules.Require(ParseEndpoint(AdminEndpoint) is not null, this, nameof(AdminEndpoint));
        OptionRules.Require(Primary is null || IPAddress.Loopback.Equals(ParseEndpoint(Primary)?.Address), this, nameof(Primary));
        OptionRules.Require(Enum.IsDefined(LogLevel), this, nameof(LogLevel));
    }

    // The name is part of a file name.
    private static bool IsName(string name) =>
        name.Length is >= 1 and <= MaxNameLength
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
        && name[0] != '-' && name[^1] != '-';

    // IPEndPoint.TryParse takes a bare number for an address and a bare address for port 0.
    private static IPEndPoint? ParseEndpoint(string text) =>
        text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0 ? endpoint : null;
}
