using System.Net;
using System.Net.Sockets;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Silo.Configuration;

/// <summary>How the silos of a cluster find each other. Section <c>DChat:Cluster</c>.</summary>
[OptionSection("DChat:Cluster")]
internal sealed class MembershipOptions
{
    /// <summary>What a cluster on one machine is called, where <c>dchat</c> looks for it by default.</summary>
    public const string LocalId = "dchat";

    /// <summary>Who keeps the list of members. Default <see cref="Provider.Local"/>: the process of <see cref="SiloOptions.Primary"/>.</summary>
    [Option("who keeps the list of the cluster's members: the process of DChat:Primary, the table of DChat:Azure or the server of DChat:Redis", Switch = "--membership")]
    public Provider Membership { get; set; } = Provider.Local;

    /// <summary>IP address of the silo and client port. Default <c>127.0.0.1</c>; another only with a list that other machines can read.</summary>
    [Option("IP address of this machine on which the silo port and the client port listen, and which the others of the cluster dial; beyond loopback only in a network of the operator's own", Form = "an IP address of this machine, such as 10.0.0.4; beyond loopback only where DChat:Cluster:Membership is not Local", Switch = "--address")]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Cluster and service id for Orleans. Default null: <see cref="LocalId"/> on one machine, else the network.</summary>
    [Option("what the cluster is called, as cluster id and service id, on every silo and client; by default dchat where DChat:Cluster:Membership is Local, else the network", Form = NetworkName.Rule, Switch = "--cluster-id", Default = "dchat, else the network")]
    public string? Id { get; set; }

    /// <summary><see cref="Address"/>, parsed.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Validate"/> would throw.</exception>
    public IPAddress IPAddress => ParseAddress() ?? throw new InvalidOperationException($"{nameof(Address)} is not an address.");

    /// <summary><see cref="Id"/>, or its default.</summary>
    /// <param name="network">The network that the silo serves.</param>
    public string IdIn(string network) => Id ?? (Membership == Provider.Local ? LocalId : network);

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names it.</exception>
    public void Validate()
    {
        OptionRules.Require(Enum.IsDefined(Membership), this, nameof(Membership));
        var address = ParseAddress();
        OptionRules.Require(
            address is not null && (Membership != Provider.Local || System.Net.IPAddress.Loopback.Equals(address)), this, nameof(Address));
        OptionRules.Require(Id is null || NetworkName.IsValid(Id), this, nameof(Id));
    }

    // IPAddress.TryParse takes a bare number for an address. Nobody can dial the address of all interfaces.
    private IPAddress? ParseAddress() =>
        Address.AsSpan().ContainsAny('.', ':')
        && System.Net.IPAddress.TryParse(Address, out var address)
        && !address.Equals(System.Net.IPAddress.Any)
        && !address.Equals(System.Net.IPAddress.IPv6Any)
        && address is { IsIPv6Multicast: false }
        && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >= 224)
            ? address
            : null;
}
