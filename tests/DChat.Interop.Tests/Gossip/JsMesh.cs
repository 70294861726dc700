using System.Text.Json.Nodes;
using DChat.Interop.Tests.Js;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Interop.Tests.Gossip;

/// <summary>Many js-libp2p peers in one process that gossip: <c>tests/js/mesh.mjs</c>.</summary>
internal sealed class JsMesh : IAsyncDisposable
{
    private readonly JsProcess _process;

    private JsMesh(JsProcess process, JsonNode started)
    {
        _process = process;
        Addresses = [.. JsPeer.Texts(started["addresses"]).Select(Multiaddr.Parse)];
    }

    /// <summary>Where each listens, with its id.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; }

    public static async Task<JsMesh> StartAsync(int count, JsGossipSettings gossip)
    {
        var process = JsProcess.Start("mesh.mjs", new { count, gossip });
        try
        {
            return new JsMesh(process, await process.EventAsync("started", TestContext.Current.CancellationToken));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public Task DialAsync(int node, Multiaddr address) => DoAsync(node, "dial", ("address", address.ToString()));

    public Task SubscribeAsync(int node) => DoAsync(node, "gossipSubscribe", ("topic", GossipHost.Topic));

    public Task PublishAsync(int node, string text) => DoAsync(node, "gossipPublish", ("topic", GossipHost.Topic), ("text", text));

    public async Task<int> MeshSizeAsync(int node) => (await DoAsync(node, "gossipMesh", ("topic", GossipHost.Topic)))!.AsArray().Count;

    /// <summary>The scores of peers at one of them.</summary>
    public async Task<double[]> ScoresAsync(int node, IEnumerable<PeerId> peers) =>
        [.. (await Task.WhenAll(peers.Select(peer => DoAsync(node, "gossipScore", ("peer", peer.ToString()))))).Select(score => (double)score!)];

    /// <summary>Waits until all of them together have accepted so many messages.</summary>
    public Task AcceptedAsync(int count) => _process.EventAsync("gossip", TestContext.Current.CancellationToken, count: count);

    /// <summary>The texts that one has accepted so far.</summary>
    public IReadOnlyList<string> Accepted(int node) =>
        [.. _process.Events("gossip").Where(e => (int)e["node"]! == node).Select(e => (string)e["text"]!)];

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private Task<JsonNode?> DoAsync(int node, string command, params (string Name, JsonNode? Value)[] arguments) => _process.DoAsync(
        command,
        new JsonObject([KeyValuePair.Create("node", (JsonNode?)node), .. arguments.Select(a => KeyValuePair.Create(a.Name, a.Value))]),
        TestContext.Current.CancellationToken);
}
