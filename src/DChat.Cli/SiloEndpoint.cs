using System.Globalization;
using System.Net;

namespace DChat.Cli;

/// <summary>A silo's client port as the user names it.</summary>
internal readonly record struct SiloEndpoint(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>; an IPv6 address goes in brackets.</summary>
    public static bool TryParse(string text, out SiloEndpoint address)
    {
        address = default;
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        address = new SiloEndpoint(bare, port);
        return port is > 0 and <= IPEndPoint.MaxPort && Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    /// <inheritdoc/>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
