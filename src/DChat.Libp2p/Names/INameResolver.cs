using System.Net;

namespace DChat.Libp2p.Names;

/// <summary>Asks for what is known about a name. Implementations are thread-safe and need not remember answers.</summary>
public interface INameResolver
{
    /// <summary>The IP addresses of a host.</summary>
    /// <param name="name">The host, such as <c>example.com</c>.</param>
    /// <param name="family">Which addresses.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Nothing when the name does not exist.</returns>
    /// <exception cref="Libp2pException">Nobody answers.</exception>
    ValueTask<NameAnswer<IPAddress>> ResolveHostAsync(string name, NameFamily family, CancellationToken cancellationToken = default);

    /// <summary>The TXT records of a name.</summary>
    /// <param name="name">The name, such as <c>_dnsaddr.example.com</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Nothing when the name does not exist.</returns>
    /// <exception cref="Libp2pException">Nobody answers.</exception>
    ValueTask<NameAnswer<string>> ResolveTextAsync(string name, CancellationToken cancellationToken = default);
}
