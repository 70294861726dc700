using DChat.Libp2p.Identity;
using DChat.Libp2p.Resources;
using DChat.Libp2p.Swarm;
using DChat.Libp2p.Tests.Swarm;

namespace DChat.Libp2p.Tests.Resources;

/// <summary>Shorthand for tests of what counts.</summary>
internal static class ResourceManagers
{
    public const string Echo = "/echo/1";

    /// <summary>A connection of a peer, a new one unless told, that has a place.</summary>
    public static IConnectionScope Open(
        this ResourceManager manager, string ip = "10.0.0.1", PrivateKey? peer = null, Direction direction = Direction.Inbound, Action<ResourceKind>? shed = null)
    {
        var connection = Connection(ip, peer, direction);
        ((StubConnection)connection.Muxed).Shed = shed;
        return manager.TryAddConnection(connection, out _) ?? throw new InvalidOperationException("There is no place.");
    }

    public static PeerConnection Connection(string ip, PrivateKey? peer = null, Direction direction = Direction.Inbound)
    {
        if (peer is not null)
        {
            return StubConnection.To(peer, AddressOf(ip), direction);
        }

        using var own = PrivateKey.Generate();
        return StubConnection.To(own, AddressOf(ip), direction);
    }

    /// <summary>Takes streams until there is no place; how many, and the limit.</summary>
    public static (int Taken, string? Limit) TakeStreams(this IConnectionScope scope, int most = int.MaxValue, bool isOutbound = false)
    {
        for (var taken = 0; taken < most; taken++)
        {
            if (scope.AddStream(isOutbound) is { } limit)
            {
                return (taken, limit);
            }
        }

        return (most, null);
    }

    /// <summary>Fails unless nothing is held and nothing is remembered.</summary>
    public static void AssertEmpty(this IResourceManager manager)
    {
        var all = manager.Describe();
        Assert.Equal(default, all.Host);
        Assert.Equal((0, 0, 0, 0), (all.Networks.Count, all.Peers.Count, all.Protocols.Count, all.PeerProtocols.Count));
    }

    private static string AddressOf(string ip) =>
        ip.StartsWith('/') ? ip : $"/{(ip.Contains(':', StringComparison.Ordinal) ? "ip6" : "ip4")}/{ip}/tcp/4001";
}
