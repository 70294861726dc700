using System.Text.Json.Nodes;

namespace DChat.Interop.Tests.Js;

/// <summary>The JavaScript end of a stream, led by hand. Text is Latin-1: a character is a byte.</summary>
internal sealed class JsStream(JsPeer peer, int number, string protocol)
{
    /// <summary>What was agreed on.</summary>
    public string Protocol => protocol;

    public Task WriteAsync(string text) => DoAsync("write", ("text", text));

    /// <summary>Exactly so many bytes.</summary>
    public async Task<string> ReadAsync(int bytes) => (string)(await DoAsync("read", ("bytes", bytes)))!;

    /// <summary>All that comes until the other side ends its half.</summary>
    public async Task<string> ReadToEndAsync() => (string)(await DoAsync("readToEnd"))!;

    /// <summary>Takes nothing more off the stream until it is resumed.</summary>
    public Task PauseAsync() => DoAsync("pause");

    public Task ResumeAsync() => DoAsync("resume");

    public Task CloseWriteAsync() => DoAsync("closeWrite");

    public Task ResetAsync() => DoAsync("reset");

    /// <summary>Waits for the end: <c>closed</c>, <c>reset</c> by us or <c>aborted</c> by itself, and the name of the error.</summary>
    public async Task<(string Status, string? Error)> EndedAsync()
    {
        var ended = await DoAsync("ended");
        return ((string)ended!["status"]!, (string?)ended["error"]);
    }

    private Task<JsonNode?> DoAsync(string command, params (string Name, JsonNode? Value)[] arguments) =>
        peer.DoAsync(command, [("stream", number), .. arguments]);
}
