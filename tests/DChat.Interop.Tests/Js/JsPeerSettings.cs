using System.Text.Json.Serialization;

namespace DChat.Interop.Tests.Js;

/// <summary>The argument of <c>peer.mjs</c>; what is null is left to its default.</summary>
internal sealed record JsPeerSettings
{
    /// <summary>32 bytes in hex; the same seed is the same peer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Seed { get; init; }

    /// <summary>The type of its identity as js names it, such as <c>RSA</c>; Ed25519 by default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? KeyType { get; init; }

    /// <summary>Where to listen; by default on a free port of the loopback address.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Listen { get; init; }

    /// <summary>Milliseconds between pings of the connection monitor; 0 turns it off.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MonitorMs { get; init; }

    /// <summary>Whether to send and take identify pushes.</summary>
    public bool Push { get; init; } = true;

    /// <summary>Whether to settle the multiplexer in the handshake.</summary>
    public bool EarlyMuxer { get; init; } = true;

    /// <summary>Whether another key than the identity's signs the handshake.</summary>
    public bool BadSignature { get; init; }

    /// <summary><c>client</c> uses relays, <c>server</c> is one too; it does neither when null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Relay { get; init; }

    /// <summary>Whether it speaks AutoNAT v2.</summary>
    public bool Autonat { get; init; }

    /// <summary>Whether it looks for direct connections in place of relayed ones.</summary>
    public bool Dcutr { get; init; }

    /// <summary>Public addresses that stand for this machine's; none when null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsShownSettings? Shown { get; init; }

    /// <summary>How it speaks gossipsub; it does not when null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsGossipSettings? Gossip { get; init; }

    /// <summary>How it speaks Kademlia; it does not when null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsKadSettings? Kad { get; init; }
}
