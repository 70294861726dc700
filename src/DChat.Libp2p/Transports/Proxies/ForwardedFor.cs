using System.Net;

namespace DChat.Libp2p.Transports.Proxies;

/// <summary>
/// The <c>X-Forwarded-For</c> header: each proxy appends the address it was reached from, so only what proxies that are
/// trusted have appended is true.
/// </summary>
internal static class ForwardedFor
{
    internal const string Header = "X-Forwarded-For";

    /// <summary>
    /// The client: the rightmost hop that is no trusted proxy, or the leftmost of all when every hop is one. What stands
    /// left of it is the client's own invention and is not looked at.
    /// </summary>
    /// <param name="values">The values of all such headers, in order; at least one.</param>
    /// <param name="proxies">Who is trusted.</param>
    /// <returns>Null when the hop is no address.</returns>
    internal static IPEndPoint? ClientOf(IEnumerable<string> values, ProxyOptions proxies)
    {
        IPEndPoint? hop = null;
        foreach (var text in values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries)).Reverse())
        {
            if (!TryParse(text, out hop))
            {
                return null;
            }

            if (!proxies.Trusts(hop.Address))
            {
                break;
            }
        }

        return hop;
    }

    /// <summary>An address with or without a port. Without a port it is 0; IPv6 with one has brackets.</summary>
    private static bool TryParse(string text, out IPEndPoint hop)
    {
        hop = null!;
        if (text.Contains('%', StringComparison.Ordinal) || !IPEndPoint.TryParse(text, out var parsed))
        {
            return false;
        }

        hop = parsed;

        // "1" reads as 0.0.0.1; only dotted quads are addresses here.
        return parsed.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork
            || text == parsed.Address.ToString()
            || text.StartsWith(parsed.Address + ":", StringComparison.Ordinal);
    }
}
