using System.Text.Json.Nodes;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Gossip;

namespace DChat.Interop.Tests.Gossip;

/// <summary>Gossipsub of a js-libp2p peer.</summary>
internal static class JsGossip
{
    public static Task SubscribeAsync(this JsPeer js, string? reject = null, string? ignore = null, string? hold = null) =>
        js.DoAsync("gossipSubscribe", ("topic", GossipHost.Topic), ("reject", reject), ("ignore", ignore), ("hold", hold));

    /// <summary>Accepts what is held.</summary>
    public static Task ReleaseAsync(this JsPeer js) => js.DoAsync("gossipRelease");

    /// <summary>The ids that a peer has lately told it not to send.</summary>
    public static async Task<IReadOnlyList<string>> UnwantedByAsync(this JsPeer js, PeerId peer) =>
        JsPeer.Texts(await js.DoAsync("gossipUnwanted", ("peer", peer.ToString())));

    /// <summary>The protocols of a peer's stream to it and of its own to the peer.</summary>
    public static async Task<IReadOnlyList<string>> GossipProtocolsAsync(this JsPeer js, PeerId peer) =>
        JsPeer.Texts(await js.DoAsync("gossipProtocols", ("peer", peer.ToString())));

    /// <summary>Copies of a message that a peer has sent it after another had.</summary>
    public static int CopiesOf(this JsPeer js, GossipMessageId id, PeerId source) => js.Events("gossip-duplicate")
        .Count(e => (string?)e["messageId"] == id.ToString() && (string?)e["source"] == source.ToString());

    /// <summary>Publishes; to whom.</summary>
    public static async Task<IReadOnlyList<string>> PublishAsync(this JsPeer js, string text) =>
        JsPeer.Texts(await js.DoAsync("gossipPublish", ("topic", GossipHost.Topic), ("text", text)));

    /// <summary>The peers it knows to be subscribed.</summary>
    public static async Task<IReadOnlyList<string>> PeersAsync(this JsPeer js) =>
        JsPeer.Texts(await js.DoAsync("gossipPeers", ("topic", GossipHost.Topic)));

    public static async Task<IReadOnlyList<string>> MeshAsync(this JsPeer js) =>
        JsPeer.Texts(await js.DoAsync("gossipMesh", ("topic", GossipHost.Topic)));

    public static async Task<double> ScoreAsync(this JsPeer js, PeerId peer) => (double)(await js.DoAsync("gossipScore", ("peer", peer.ToString())))!;

    /// <summary>How often a peer has done what no honest one does.</summary>
    public static async Task<double> MisdeedsAsync(this JsPeer js, PeerId peer) => (double)(await js.DoAsync("gossipMisdeeds", ("peer", peer.ToString())))!;

    /// <summary>Whether it reads what a peer sends.</summary>
    public static async Task<bool> ReadsAsync(this JsPeer js, PeerId peer) => (bool)(await js.DoAsync("gossipReads", ("peer", peer.ToString())))!;

    /// <summary>Sends a peer a message in its own name whose signature is nobody's.</summary>
    public static async Task ForgeAsync(this JsPeer js, PeerId peer, string text) =>
        Assert.True((bool)(await js.DoAsync("gossipForge", ("topic", GossipHost.Topic), ("peer", peer.ToString()), ("text", text)))!);

    public static Task UnsubscribeAsync(this JsPeer js) => js.DoAsync("gossipUnsubscribe", ("topic", GossipHost.Topic));

    /// <summary>The message of a text that it accepted, past or to come.</summary>
    public static Task<JsonNode> AcceptedAsync(this JsPeer js, string text) => js.EventAsync("gossip", e => (string?)e["text"] == text);

    /// <summary>The texts that it accepted so far.</summary>
    public static IReadOnlyList<string> Accepted(this JsPeer js) => [.. js.Events("gossip").Select(e => (string)e["text"]!)];

    /// <summary>The texts that its validator was given so far.</summary>
    public static IReadOnlyList<string> Validated(this JsPeer js) => [.. js.Events("gossip-validated").Select(e => (string)e["text"]!)];

    /// <summary>Waits until each has the other in its mesh.</summary>
    public static Task MeshedAsync(this JsPeer js, GossipHost host) => GossipHost.UntilAsync(
        async () => host.Gossip.MeshOf(GossipHost.Topic).Contains(js.Id) && (await js.MeshAsync()).Contains(host.Id.ToString()),
        () => $"{js.Id} and {host.Id} have no mesh.");
}
