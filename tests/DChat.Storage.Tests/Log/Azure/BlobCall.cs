using System.Globalization;
using Request = Azure.Core.Request;

namespace DChat.Storage.Tests.Log.Azure;

/// <summary>One request of a log.</summary>
/// <param name="Kind">What it asks for.</param>
/// <param name="Path">The path of its blob or container.</param>
/// <param name="Position">The position that an append requires.</param>
/// <param name="Lease">The lease that it carries.</param>
/// <param name="IsConditional">Whether it says in which state its blob has to be; a container is made once in any case.</param>
/// <param name="Body">What it carries.</param>
internal sealed record BlobCall(BlobCallKind Kind, string Path, long? Position, string? Lease, bool IsConditional, byte[] Body)
{
    public static BlobCall Of(Request request)
    {
        var uri = request.Uri.ToUri();
        var kind = (request.Method.Method, uri.Query) switch
        {
            ("PUT", var query) when query.Contains("comp=appendblock", StringComparison.Ordinal) => BlobCallKind.Append,
            ("PUT", var query) when query.Contains("comp=lease", StringComparison.Ordinal) => BlobCallKind.Lease,
            ("PUT", var query) when query.Contains("comp=block&", StringComparison.Ordinal) || query.EndsWith("comp=block", StringComparison.Ordinal) => BlobCallKind.Block,
            ("PUT", _) => BlobCallKind.Create,
            (_, var query) when query.Contains("comp=list", StringComparison.Ordinal) => BlobCallKind.List,
            ("DELETE", _) => BlobCallKind.Delete,
            _ => BlobCallKind.Read,
        };
        using var body = new MemoryStream();
        request.Content?.WriteTo(body, CancellationToken.None);
        return new BlobCall(
            kind,
            uri.AbsolutePath,
            request.Headers.TryGetValue("x-ms-blob-condition-appendpos", out var position) ? long.Parse(position, CultureInfo.InvariantCulture) : null,
            request.Headers.TryGetValue("x-ms-lease-id", out var lease) ? lease : null,
            request.Headers.Contains("If-Match") || request.Headers.Contains("If-None-Match") || uri.Query.Contains("restype=container", StringComparison.Ordinal),
            body.ToArray());
    }
}

/// <summary>What a request asks for.</summary>
internal enum BlobCallKind
{
    Append,
    Lease,
    Create,
    Block,
    List,
    Delete,
    Read,
}
