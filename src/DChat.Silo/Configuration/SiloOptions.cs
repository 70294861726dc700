using System.Net;
using DChat.Core;

namespace DChat.Silo.Configuration;

/// <summary>What is the silo's own: where it keeps data and listens. Section <c>DChat</c>.</summary>
internal sealed class SiloOptions
{
    /// <summary>The least <see cref="ShutdownTimeout"/>.</summary>
    public static readonly TimeSpan MinShutdownTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The most <see cref="ShutdownTimeout"/>.</summary>
    public static readonly TimeSpan MaxShutdownTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Where messages and grain state are kept; relative to the current directory. Default <c>./data</c>.</summary>
    public string DataDirectory { get; set; } = "./data";

    /// <summary>TCP port on loopback for other silos. Default 11111; range 1–65535.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>TCP port on loopback for clients. Default 30000; range 1–65535.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>IP address and port of health, metrics and dashboard. Default <c>127.0.0.1:8080</c>.</summary>
    public string AdminEndpoint { get; set; } = "127.0.0.1:8080";

    /// <summary>How long a stop may take. Default 30 s; range 1 s–10 min.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What DChat logs; from Debug on everybody logs as much. Default Information.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary><see cref="AdminEndpoint"/>, parsed.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Validate"/> would throw.</exception>
    public IPEndPoint AdminAddress =>
        ParseEndpoint(AdminEndpoint) ?? throw new InvalidOperationException($"{nameof(AdminEndpoint)} is not an endpoint.");

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate()
    {
        OptionRange.Require(!string.IsNullOrWhiteSpace(DataDirectory), nameof(DataDirectory), $"'{DataDirectory}'", "a path on a local disk");
        OptionRange.Check(nameof(SiloPort), SiloPort, 1, IPEndPoint.MaxPort);
        OptionRange.Check(nameof(GatewayPort), GatewayPort, 1, IPEndPoint.MaxPort);
        OptionRange.Require(GatewayPort != SiloPort, nameof(GatewayPort), GatewayPort, "another port than SiloPort");
        OptionRange.Require(
            ParseEndpoint(AdminEndpoint) is not null,
            nameof(AdminEndpoint),
            AdminEndpoint,
            $"an IP address and a port of 1 to {IPEndPoint.MaxPort}, such as 127.0.0.1:8080");
        OptionRange.Check(nameof(ShutdownTimeout), ShutdownTimeout, MinShutdownTimeout, MaxShutdownTimeout);
        OptionRange.Require(Enum.IsDefined(LogLevel), nameof(LogLevel), LogLevel, string.Join(", ", Enum.GetNames<LogLevel>()));
    }

    // IPEndPoint.TryParse takes a bare number for an address and a bare address for port 0.
    private static IPEndPoint? ParseEndpoint(string text) =>
        text.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0 ? endpoint : null;
}
