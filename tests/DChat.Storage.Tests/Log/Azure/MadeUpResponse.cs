using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>An answer that no storage has given. The client finds no error code in it: it reads those of the wire alone.</summary>
internal sealed class MadeUpResponse(int status, string retryAfter) : Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Retry-After"] = retryAfter,
    };

    public override int Status => status;

    public override string ReasonPhrase => "made up";

    public override Stream? ContentStream { get; set; }

    public override string ClientRequestId { get; set; } = "";

    public override void Dispose()
    {
    }

    protected override bool ContainsHeader(string name) => TryGetHeader(name, out _);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() =>
        _headers.Where(header => header.Value.Length > 0).Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) => _headers.TryGetValue(name, out value) && value.Length > 0;

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = TryGetHeader(name, out var value) ? [value] : null;
        return values is not null;
    }
}
