using System.Net;
using DChat.Silo.Configuration;

namespace DChat.Silo.Hosting;

/// <summary>What a silo prints when it is ready. Scripts wait for the line that begins with <c>Ready</c>.</summary>
internal static class Banner
{
    public static void Write(SiloConfiguration configuration, TextWriter output)
    {
        var options = configuration.Silo;
        output.WriteLine($"DChat silo {Telemetry.Version}");
        output.WriteLine($"  network  {configuration.Network.Network}");
        output.WriteLine($"  data     {Path.GetFullPath(options.DataDirectory)}");
        output.WriteLine($"  admin    http://{options.AdminAddress}  (/health/ready, /metrics, /orleans)");
        output.WriteLine($"  gateway  {IPAddress.Loopback}:{options.GatewayPort}");
        output.WriteLine("Ready. Try: dotnet run --project src/DChat.Cli -- tail general");
    }
}
