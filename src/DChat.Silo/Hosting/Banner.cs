using System.Net;
using DChat.Abstractions.Placement;
using DChat.Core.Relays;
using DChat.Libp2p.Addresses;
using DChat.Silo.Configuration;

namespace DChat.Silo.Hosting;

/// <summary>What a silo prints when it is ready. Scripts wait for the line that begins with <c>Ready</c>.</summary>
internal static class Banner
{
    /// <param name="configuration">What the silo runs with.</param>
    /// <param name="relay">The relay that its gateway speaks for; null without a gateway.</param>
    /// <param name="addresses">Where chat peers reach the silo; none without a gateway.</param>
    /// <param name="output">Where to write.</param>
    public static void Write(SiloConfiguration configuration, RelayId? relay, IReadOnlyList<Multiaddr> addresses, TextWriter output)
    {
        var options = configuration.Silo;
        output.WriteLine($"DChat silo {Telemetry.Version}");
        output.WriteLine($"  network  {configuration.Network.Network}");
        output.WriteLine($"  silo     {options.SiloName} (role {options.Role.ToText()}) on {new IPEndPoint(IPAddress.Loopback, options.SiloPort)}");
        output.WriteLine($"  primary  {options.PrimaryAddress}");
        if (relay is not null)
        {
            output.WriteLine($"  relay    {relay}");
        }

        output.WriteLine($"  data     {Path.GetFullPath(options.DataDirectory)}");
        output.WriteLine($"  admin    http://{options.AdminAddress}  (/health/ready, /metrics{(options.Dashboard ? ", /orleans" : "")})");
        output.WriteLine($"  clients  {IPAddress.Loopback}:{options.ClientPort}");
        foreach (var address in addresses)
        {
            output.WriteLine($"  libp2p   {address}");
        }

        var silo = options.ClientPort == new SiloOptions().ClientPort ? "" : $"--silo {IPAddress.Loopback}:{options.ClientPort} ";
        output.WriteLine($"Ready. Try: dotnet run --project src/DChat.Cli -- {silo}tail general");
    }
}
