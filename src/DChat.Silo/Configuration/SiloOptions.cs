using System.Net;
using DChat.Abstractions.Placement;
using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>What is the silo's own: where it keeps data and listens. Section <c>DChat</c>.</summary>
internal sealed class SiloOptions
{
    /// <summary>The longest <see cref="Name"/>.</summary>
    public const int MaxNameLength = 32;

    /// <summary>The least <see cref="ShutdownTimeout"/>.</summary>
    public static readonly TimeSpan MinShutdownTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The most <see cref="ShutdownTimeout"/>.</summary>
    public static readonly TimeSpan MaxShutdownTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Where messages and grain state are kept; relative to the current directory. Default <c>./data</c>.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>What the silo does in its cluster. Default <see cref="SiloRole.All"/>.</summary>
    public SiloRole Role { get; set; } = SiloRole.All;

    /// <summary>What the silo is called, 1 to <see cref="MaxNameLength"/> of a-z, 0-9 and '-'. Default null: as its role.</summary>
    public string? Name { get; set; }

    /// <summary>Silo endpoint, on loopback, of the process that keeps the list of members. Default null: this one.</summary>
    public string? Primary { get; set; }

    /// <summary>TCP port on loopback for other silos. Default 11111; range 1–65535.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>TCP port on loopback for clients. Default 30000; range 1–65535.</summary>
    public int ClientPort { get; set; } = 30000;

    /// <summary>IP address and port of health, metrics and dashboard. Default <c>127.0.0.1:8080</c>.</summary>
    public string AdminEndpoint { get; set; } = "127.0.0.1:8080";

    /// <summary>How long a stop may take. Default 30 s; range 1 s–10 min.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What DChat logs; from Debug on everybody logs as much. Default Information.</summary>
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
        OptionRange.Require(
            !string.IsNullOrWhiteSpace(DataDirectory), nameof(DataDirectory), $"'{DataDirectory}'", "a path on a local disk");
        OptionRange.Require(Role is SiloRole.Core or SiloRole.Edge or SiloRole.All, nameof(Role), Role, "core, edge or all");
        OptionRange.Require(
            IsName(SiloName), nameof(Name), $"'{Name}'", $"1 to {MaxNameLength} of a-z, 0-9 and '-', starting and ending with a letter or digit");
        OptionRange.Check(nameof(SiloPort), SiloPort, 1, IPEndPoint.MaxPort);
        OptionRange.Check(nameof(ClientPort), ClientPort, 1, IPEndPoint.MaxPort);
        OptionRange.Require(ClientPort != SiloPort, nameof(ClientPort), ClientPort, "another port than SiloPort");
        OptionRange.Require(
            ParseEndpoint(AdminEndpoint) is not null,
            nameof(AdminEndpoint),
            AdminEndpoint,
            $"an IP address and a port of 1 to {IPEndPoint.MaxPort}, such as 127.0.0.1:8080");
        OptionRange.Require(
            Primary is null || IPAddress.Loopback.Equals(ParseEndpoint(Primary)?.Address),
            nameof(Primary),
            Primary ?? "",
            $"127.0.0.1 and a port of 1 to {IPEndPoint.MaxPort}, such as 127.0.0.1:11111");
        OptionRange.Check(nameof(ShutdownTimeout), ShutdownTimeout, MinShutdownTimeout, MaxShutdownTimeout);
        OptionRange.Require(Enum.IsDefined(LogLevel), nameof(LogLevel), LogLevel, string.Join(", ", Enum.GetNames<LogLevel>()));
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
