using System.Text.Json.Nodes;
using DChat.Core.Envelopes;
using DChat.Core.Sealing;

namespace DChat.Testing.Js;

/// <summary>A chat peer in JavaScript: <c>tests/js/dchat-peer.mjs</c>, whose commands are described in the README there.</summary>
public sealed class ChatPeer : IAsyncDisposable
{
    private readonly JsProcess _process;

    private readonly CancellationToken _cancellationToken;

    private ChatPeer(JsProcess process, CancellationToken cancellationToken)
    {
        _process = process;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Starts a peer and waits until it listens.</summary>
    /// <param name="network">The network it belongs to.</param>
    /// <param name="shardBits">How many shards the network has.</param>
    /// <param name="cancellationToken">Ends every wait for the peer.</param>
    public static async Task<ChatPeer> StartAsync(string network, int shardBits, CancellationToken cancellationToken)
    {
        var process = JsProcess.Start("dchat-peer.mjs", new { network, shardBits });
        try
        {
            await process.EventAsync("started", cancellationToken);
            return new ChatPeer(process, cancellationToken);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command and returns its result.</summary>
    public async Task<JsonNode> DoAsync(string command, params (string Name, JsonNode? Value)[] arguments)
    {
        var pairs = new JsonObject(arguments.Select(a => KeyValuePair.Create(a.Name, a.Value)));
        return (await _process.DoAsync(command, pairs, _cancellationToken))!;
    }

    /// <summary>Runs a command on many byte strings and returns an item of its result for each.</summary>
    public async Task<IReadOnlyList<JsonNode?>> DoManyAsync(
        string command, IEnumerable<byte[]> inputs, params (string Name, JsonNode? Value)[] arguments)
    {
        JsonNode hex = new JsonArray([.. inputs.Select(input => (JsonNode)Convert.ToHexStringLower(input))]);
        return [.. (await DoAsync(command, [("hex", hex), .. arguments])).AsArray()];
    }

    /// <summary>What JavaScript's strict reader says of each.</summary>
    public async Task<IReadOnlyList<string>> ReadAsync(IEnumerable<byte[]> envelopes) =>
        [.. (await DoManyAsync("read", envelopes)).Select(code => (string)code!)];

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>What our strict reader says.</summary>
    public static string Read(byte[] envelope) => Envelope.TryRead(envelope, out _).ToCode();
}
