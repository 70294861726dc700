using System.Net;
using System.Net.Sockets;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Libp2p.Names;

/// <summary>
/// Turns addresses with names into addresses without: <c>/dns</c>, <c>/dns4</c> and <c>/dns6</c> into IP addresses, and
/// <c>/dnsaddr</c> into what its TXT records say, which may have names again
/// (https://github.com/multiformats/multiaddr/blob/master/protocols/DNSADDR.md). Thread-safe.
/// </summary>
internal sealed class AddressResolver(INameResolver names, TimeProvider time)
{
    /// <summary>Records taken of one answer.</summary>
    internal const int MaxRecords = 64;

    /// <summary>The longest TXT record that is read, in characters.</summary>
    internal const int MaxTextLength = 512;

    /// <summary>The longest name, in characters (RFC 1035, 2.3.4).</summary>
    internal const int MaxNameLength = 253;

    private const string RecordPrefix = "dnsaddr=";

    private static readonly MultiaddrProtocol Tls = MultiaddrProtocol.Find("tls")!;
    private static readonly MultiaddrProtocol Sni = MultiaddrProtocol.Find("sni")!;
    private static readonly MultiaddrProtocol Wss = MultiaddrProtocol.Find("wss")!;

    private readonly NameCache<IPAddress> _hosts = new(time);
    private readonly NameCache<string> _texts = new(time);

    /// <summary>Whether an address begins with a name.</summary>
    internal static bool IsName(Multiaddr address) =>
        address.Components[0].Protocol == MultiaddrProtocol.Dnsaddr || HostNames.IsName(address.Components[0].Protocol);

    /// <summary>Examples of what a name may become, by which it shows whether a transport would take it. None for <c>/dnsaddr</c>.</summary>
    internal static IEnumerable<Multiaddr> Examples(Multiaddr address) =>
        LoopbacksOf(FamilyOf(address.Components[0].Protocol)).Select(ip => WithAddress(address, ip)).OfType<Multiaddr>();

    /// <summary>
    /// An address at an IP address in place of its name, which TLS still needs to know: <c>/tls</c> and <c>/wss</c> get
    /// <c>/sni</c>. Null when that is too long for an address.
    /// </summary>
    internal static Multiaddr? WithAddress(Multiaddr address, IPAddress ip)
    {
        ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
        var family = ip.AddressFamily == AddressFamily.InterNetwork ? MultiaddrProtocol.Ip4 : MultiaddrProtocol.Ip6;
        var name = address.Components[0].Value;
        var components = new List<MultiaddrComponent> { new(family, ip.GetAddressBytes()) };
        for (var i = 1; i < address.Components.Count; i++)
        {
            var component = address.Components[i];
            var isSecure = component.Protocol == Tls || component.Protocol == Wss;
            if (!isSecure || (i + 1 < address.Components.Count && address.Components[i + 1].Protocol == Sni))
            {
                components.Add(component);
                continue;
            }

            components.AddRange([new(Tls, default), new(Sni, name)]);
            if (component.Protocol == Wss)
            {
                components.Add(new(MultiaddrProtocol.Ws, default));
            }
        }

        return components.Count <= Multiaddr.MaxComponents && Multiaddr.TryCreate(components, out var resolved) ? resolved : null;
    }

    /// <summary>What an address with a name leads to in one step, which may have names again.</summary>
    /// <param name="address">The address, without the peer.</param>
    /// <param name="teller">The class that it was told from: what the name leads to must be shared with it.</param>
    /// <param name="expected">The peer: entries of <c>/dnsaddr</c> for others are passed over; all are taken when it is null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Libp2pException">
    /// The name cannot be resolved (<see cref="Libp2pErrorCodes.NameFailed"/>), or leads only to what the teller does not share
    /// (<see cref="Libp2pErrorCodes.Gated"/>).
    /// </exception>
    internal async Task<IReadOnlyList<Multiaddr>> ResolveAsync(
        Multiaddr address, AddressClass teller, PeerId? expected, CancellationToken cancellationToken)
    {
        IReadOnlyList<Multiaddr> found = address.Components[0].Protocol == MultiaddrProtocol.Dnsaddr
            ? [.. await ReadEntriesAsync(address, expected, cancellationToken).ConfigureAwait(false)]
            : [.. (await FindHostAsync(address.Components[0], cancellationToken).ConfigureAwait(false)).Select(ip => WithAddress(address, ip)).OfType<Multiaddr>()];
        if (found.Count == 0)
        {
            throw Failed(address, $"there is no address{(expected is null ? "" : $" of {expected}")} behind it", null);
        }

        IReadOnlyList<Multiaddr> shared = [.. found.Where(a => AddressClasses.IsShared(teller, AddressClasses.Of(a)))];
        return shared.Count > 0
            ? shared
            : throw new Libp2pException(Libp2pErrorCodes.Gated, $"{address} leads to this machine or a private network, and was told from elsewhere.");
    }

    internal static Libp2pException Failed(Multiaddr address, string why, Exception? inner) =>
        new(Libp2pErrorCodes.NameFailed, $"{address} cannot be resolved: {why}.", isTransient: true, inner);

    private static NameFamily FamilyOf(MultiaddrProtocol protocol) =>
        protocol == MultiaddrProtocol.Dns4 ? NameFamily.V4 : protocol == MultiaddrProtocol.Dns6 ? NameFamily.V6 : NameFamily.Any;

    private static IReadOnlyList<IPAddress> LoopbacksOf(NameFamily family) => family switch
    {
        NameFamily.V4 => [IPAddress.Loopback],
        NameFamily.V6 => [IPAddress.IPv6Loopback],
        _ => [IPAddress.Loopback, IPAddress.IPv6Loopback],
    };

    private async Task<IReadOnlyList<IPAddress>> FindHostAsync(MultiaddrComponent host, CancellationToken cancellationToken)
    {
        if (HostNames.IsNumeric(host.Text, out var address))
        {
            return address is null ? [] : [address];
        }

        var family = FamilyOf(host.Protocol);
        if (HostNames.IsLocalhost(host.Text))
        {
            return LoopbacksOf(family);
        }

        return await AskAsync(_hosts, $"{family} {host.Text}", host.Text, token => names.ResolveHostAsync(host.Text, family, token), _ => true, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<IEnumerable<Multiaddr>> ReadEntriesAsync(Multiaddr address, PeerId? expected, CancellationToken cancellationToken)
    {
        var name = "_dnsaddr." + address.Components[0].Text;
        var texts = await AskAsync(_texts, name, name, token => names.ResolveTextAsync(name, token), IsEntry, cancellationToken).ConfigureAwait(false);
        return texts
            .Select(t => Multiaddr.TryParse(t[RecordPrefix.Length..], out var entry) ? entry : null)
            .OfType<Multiaddr>()
            .Where(e => expected is null || expected.Equals(e.Peer))
            .Select(e => e.WithoutPeer());

        static bool IsEntry(string text) => text.Length <= MaxTextLength && text.StartsWith(RecordPrefix, StringComparison.Ordinal);
    }

    /// <summary>The records of a name, remembered or asked for. The resolver is someone else's code: it is not waited for longer than wanted.</summary>
    private static async Task<IReadOnlyList<T>> AskAsync<T>(
        NameCache<T> cache, string question, string name, Func<CancellationToken, ValueTask<NameAnswer<T>>> ask, Func<T, bool> takes, CancellationToken cancellationToken)
    {
        if (cache.Find(question) is { } known)
        {
            return known;
        }

        if (name.TrimEnd('.').Length > MaxNameLength)
        {
            throw new Libp2pException(Libp2pErrorCodes.NameFailed, $"A name is longer than {MaxNameLength} characters.");
        }

        var answer = await ask(cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        answer = answer with { Records = [.. answer.Records.Where(takes).Take(MaxRecords)] };
        cache.Add(question, answer);
        return answer.Records;
    }
}
