using DChat.Core.Relays;
using DChat.Libp2p.Addresses;

namespace DChat.Testing.Processes;

/// <summary>What an edge prints about itself when it starts.</summary>
public static class Libp2pAddresses
{
    private const string AddressLine = "  libp2p   ";
    private const string RelayLine = "  relay    ";

    /// <summary>Where chat peers reach it.</summary>
    public static Multiaddr Libp2pAddress(this SiloProcess edge) => Multiaddr.Parse(Printed(edge, AddressLine));

    /// <summary>The relay it speaks for.</summary>
    public static RelayId Relay(this SiloProcess edge) => RelayId.Parse(Printed(edge, RelayLine));

    private static string Printed(SiloProcess edge, string start) =>
        edge.Process.Output.Last(line => line.StartsWith(start, StringComparison.Ordinal))[start.Length..];
}
