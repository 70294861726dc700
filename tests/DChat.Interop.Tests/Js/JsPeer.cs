using System.Text.Json.Nodes;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Identity;

namespace DChat.Interop.Tests.Js;

/// <summary>A js-libp2p peer: <c>tests/js/peer.mjs</c>, whose commands and events are described there.</summary>
internal sealed class JsPeer : IAsyncDisposable
{
    /// <summary>Sends back whatever it gets.</summary>
    public const string EchoProtocol = "/dchat-test/echo/1.0.0";

    /// <summary>Its streams are led by hand, see <see cref="AcceptAsync"/>.</summary>
    public const string ManualProtocol = "/dchat-test/manual/1.0.0";

    private readonly JsProcess _process;

    private JsPeer(JsProcess process, JsonNode started)
    {
        _process = process;
        Id = PeerId.Parse((string)started["peer"]!);
        Agent = (string)started["agent"]!;
        Addresses = [.. started["addresses"]!.AsArray().Select(a => Multiaddr.Parse((string)a!))];
    }

    public PeerId Id { get; }

    /// <summary>What it calls itself, such as <c>js-libp2p/3.3.11 node/22.0.0</c>.</summary>
    public string Agent { get; }

    /// <summary>Where it listens, with its id.</summary>
    public IReadOnlyList<Multiaddr> Addresses { get; }

    /// <summary>Starts a peer and waits until it listens.</summary>
    public static async Task<JsPeer> StartAsync(JsPeerSettings? settings = null)
    {
        var process = JsProcess.Start("peer.mjs", settings ?? new JsPeerSettings());
        try
        {
            return new JsPeer(process, await process.EventAsync("started", TestContext.Current.CancellationToken));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command and returns its result.</summary>
    public Task<JsonNode?> DoAsync(string command, params (string Name, JsonNode? Value)[] arguments) => _process.DoAsync(
        command, new JsonObject(arguments.Select(a => KeyValuePair.Create(a.Name, a.Value))), TestContext.Current.CancellationToken);

    /// <summary>The event of a name that matches, past or to come; or the <paramref name="count"/>th that does.</summary>
    public Task<JsonNode> EventAsync(string name, Func<JsonNode, bool>? match = null, int count = 1) =>
        _process.EventAsync(name, TestContext.Current.CancellationToken, match, count);

    /// <summary>The events of a name so far.</summary>
    public IReadOnlyList<JsonNode> Events(string name) => _process.Events(name);

    public Task DialAsync(Multiaddr address) => DoAsync("dial", ("address", address.ToString()));

    /// <summary>The peers it has a connection to, each as often as it has one.</summary>
    public async Task<IReadOnlyList<PeerId>> ConnectedAsync() =>
        [.. (await DoAsync("connections"))!.AsArray().Select(c => PeerId.Parse((string)c!["peer"]!))];

    /// <summary>The protocols it serves.</summary>
    public async Task<IReadOnlyList<string>> ProtocolsAsync() => Texts(await DoAsync("protocols"));

    /// <summary>Exchanges pseudo-random bytes with our echo, on so many streams at once, all open before any is used.</summary>
    public async Task<IReadOnlyList<Exchange>> ExchangeAsync(PeerId peer, long bytes, int streams = 1)
    {
        var results = await DoAsync("exchange", ("peer", peer.ToString()), ("bytes", bytes), ("streams", streams));
        return [.. results!.AsArray().Select(r => new Exchange((long)r!["bytes"]!, (string)r["sent"]!, (string)r["received"]!))];
    }

    /// <summary>Opens a stream that is led by hand.</summary>
    public async Task<JsStream> OpenAsync(PeerId peer, params string[] protocols)
    {
        JsonNode names = new JsonArray([.. protocols.DefaultIfEmpty(ManualProtocol).Select(p => (JsonNode)p)]);
        var opened = await DoAsync("open", ("peer", peer.ToString()), ("protocols", names));
        return new JsStream(this, (int)opened!["stream"]!, (string)opened["protocol"]!);
    }

    /// <summary>The first stream we have opened that it leads by hand, or the <paramref name="count"/>th.</summary>
    public async Task<JsStream> AcceptAsync(int count = 1)
    {
        var accepted = await EventAsync("stream", count: count);
        return new JsStream(this, (int)accepted["stream"]!, (string)accepted["protocol"]!);
    }

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>The strings of an array.</summary>
    public static IReadOnlyList<string> Texts(JsonNode? array) => [.. array!.AsArray().Select(text => (string)text!)];
}
