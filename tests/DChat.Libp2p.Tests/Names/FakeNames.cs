using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Names;

namespace DChat.Libp2p.Tests.Names;

/// <summary>Names in memory; <c>broken.example</c> fails and <c>tarpit.example</c> never answers.</summary>
internal sealed class FakeNames : INameResolver
{
    public Dictionary<string, string[]> Hosts { get; } = [];

    public Dictionary<string, string[]> Texts { get; } = [];

    public TimeSpan TimeToLive { get; set; } = TimeSpan.FromMinutes(1);

    public int Questions => Asked.Count;

    public ConcurrentQueue<string> Asked { get; } = [];

    public ValueTask<NameAnswer<IPAddress>> ResolveHostAsync(string name, NameFamily family, CancellationToken cancellationToken = default)
    {
        Asked.Enqueue(name);
        if (name == "broken.example")
        {
            throw new Libp2pException(Libp2pErrorCodes.NameFailed, "broken.example cannot be resolved.", isTransient: true);
        }

        if (name == "tarpit.example")
        {
            // It heeds no token either.
            return new(new TaskCompletionSource<NameAnswer<IPAddress>>().Task);
        }

        var all = Hosts.GetValueOrDefault(name, []).Select(IPAddress.Parse);
        return new(new NameAnswer<IPAddress>([.. all.Where(ip => IsOf(ip, family))], TimeToLive));
    }

    public ValueTask<NameAnswer<string>> ResolveTextAsync(string name, CancellationToken cancellationToken = default)
    {
        Asked.Enqueue(name);
        return new(new NameAnswer<string>(Texts.GetValueOrDefault(name, []), TimeToLive));
    }

    private static bool IsOf(IPAddress ip, NameFamily family) =>
        family == NameFamily.Any || (family == NameFamily.V4) == (ip.AddressFamily == AddressFamily.InterNetwork);
}
