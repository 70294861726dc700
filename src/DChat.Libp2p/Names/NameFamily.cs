namespace DChat.Libp2p.Names;

/// <summary>Which IP addresses of a host are wanted.</summary>
public enum NameFamily
{
    /// <summary>Either, as for <c>/dns</c>.</summary>
    Any,

    /// <summary>IPv4, as for <c>/dns4</c>.</summary>
    V4,

    /// <summary>IPv6, as for <c>/dns6</c>.</summary>
    V6,
}
