namespace DChat.Interop.Tests.Js;

/// <summary>How a peer speaks Kademlia.</summary>
internal sealed record JsKadSettings
{
    public string Protocol { get; init; } = "/dchat/kad/1.0.0";

    /// <summary>Whether it only asks.</summary>
    public bool Client { get; init; }
}
