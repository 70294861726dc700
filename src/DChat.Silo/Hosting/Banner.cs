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
        var (options, members) = (configuration.Silo, configuration.Membership);
        var (address, id) = (members.IPAddress, members.IdIn(configuration.Network.Network));
        output.WriteLine($"DChat silo {Telemetry.Version}");
        output.WriteLine($"  network  {configuration.Network.Network}");
        output.WriteLine($"  silo     {options.SiloName} (role {options.Role.ToText()}) on {new IPEndPoint(address, options.SiloPort)}");
        output.WriteLine(members.Membership == Provider.Local ? $"  primary  {options.PrimaryAddress}" : $"  cluster  {id}, members in {members.Membership}");
        if (configuration.Storage.Log != LogProvider.Local)
        {
            output.WriteLine($"  log      in {configuration.Storage.Log}");
        }

        if (configuration.Storage.State != Provider.Local)
        {
            output.WriteLine($"  state    in {configuration.Storage.State}");
        }

        if (relay is not null)
        {
            output.WriteLine($"  relay    {relay}");
        }

        output.WriteLine($"  data     {Path.GetFullPath(options.DataDirectory)}");
        output.WriteLine($"  admin    http://{options.AdminAddress}  (/health/ready, /metrics{(options.Dashboard ? ", /orleans" : "")})");
        output.WriteLine($"  clients  {new IPEndPoint(address, options.ClientPort)}");
        foreach (var libp2p in addresses)
        {
            output.WriteLine($"  libp2p   {libp2p}");
        }

        var usual = new IPEndPoint(IPAddress.Loopback, new SiloOptions().ClientPort);
        var clients = new IPEndPoint(address, options.ClientPort);
        var silo = clients.Equals(usual) ? "" : $"--silo {clients} ";
        var cluster = id == MembershipOptions.LocalId ? "" : $"--cluster-id {id} --service-id {id} ";
        output.WriteLine($"Ready. Try: dotnet run --project src/DChat.Cli -- {silo}{cluster}tail general");
    }
}
