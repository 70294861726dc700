using System.Net;

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

    /// <summary><see cref="AdminEndpoint"/>, parsed; valid once <see cref="Validate"/> has returned null.</summary>
    public IPEndPoint AdminAddress => ParseEndpoint(AdminEndpoint)!;

    /// <summary>Checks the ranges; returns what is wrong, naming option, value and range, or null.</summary>
    public string? Validate()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            return "DataDirectory is empty, but must be a path on a local disk.";
        }

        if (!IsPort(SiloPort))
        {
            return $"SiloPort is {SiloPort}, but must be within 1–65535.";
        }

        if (!IsPort(GatewayPort) || GatewayPort == SiloPort)
        {
            return $"GatewayPort is {GatewayPort}, but must be within 1–65535 and differ from SiloPort.";
        }

        if (ParseEndpoint(AdminEndpoint) is null)
        {
            return $"AdminEndpoint is '{AdminEndpoint}', but must be an IP address and a port within 1–65535, such as 127.0.0.1:8080.";
        }

        return ShutdownTimeout < MinShutdownTimeout || ShutdownTimeout > MaxShutdownTimeout
            ? $"ShutdownTimeout is {ShutdownTimeout}, but must be within {MinShutdownTimeout}–{MaxShutdownTimeout}."
            : null;
    }

    private static bool IsPort(int port) => port is >= 1 and <= IPEndPoint.MaxPort;

    // IPEndPoint.TryParse takes a bare number for an address and a bare address for port 0.
    private static IPEndPoint? ParseEndpoint(string? text) =>
        text?.Contains(':', StringComparison.Ordinal) == true && IPEndPoint.TryParse(text, out var endpoint) && IsPort(endpoint.Port) ? endpoint : null;
}
