using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text;

namespace DChat.Libp2p.Transports.WebSocket;

/// <summary>The head of an HTTP/1.1 request or response (RFC 9112): its first line and its header fields.</summary>
/// <param name="StartLine">The request line or status line.</param>
/// <param name="Fields">The header fields, in order; names as sent.</param>
internal sealed record HttpHead(string StartLine, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    private const string LineEnd = "\r\n";

    /// <summary>RFC 9110, 5.6.2: what the name of a field is made of.</summary>
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <summary>Reads a head and leaves what follows.</summary>
    /// <returns>The head, or why it is refused.</returns>
    /// <exception cref="Libp2pException">The peer went away before its end (<see cref="Libp2pErrorCodes.ConnectionClosed"/>).</exception>
    internal static async ValueTask<(HttpHead? Head, HttpRefusal? Refusal)> ReadAsync(
        PipeReader input, WebSocketOptions options, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var reader = new SequenceReader<byte>(buffer);
            if (reader.TryReadTo(out ReadOnlySequence<byte> bytes, End) && bytes.Length + End.Length <= options.MaxHeadLength)
            {
                var text = Encoding.Latin1.GetString(bytes);
                input.AdvanceTo(reader.Position);
                return TryParse(text, options.MaxHeaders, out var head, out var refusal) ? (head, null) : (null, refusal);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (buffer.Length >= options.MaxHeadLength)
            {
                return (null, HttpRefusal.TooLarge);
            }

            if (result.IsCompleted)
            {
                throw new Libp2pException(Libp2pErrorCodes.ConnectionClosed, "The peer went away during the WebSocket upgrade.", isTransient: true);
            }
        }
    }

    /// <summary>Parses a head without the empty line at its end.</summary>
    internal static bool TryParse(string text, int maxHeaders, [NotNullWhen(true)] out HttpHead? head, [NotNullWhen(false)] out HttpRefusal? refusal)
    {
        (head, refusal) = (null, HttpRefusal.Malformed);
        var lines = text.Split(LineEnd);
        if (lines.Length - 1 > maxHeaders)
        {
            refusal = HttpRefusal.TooLarge;
            return false;
        }

        var fields = new List<KeyValuePair<string, string>>(lines.Length - 1);
        foreach (var line in lines.AsSpan(1))
        {
            // A line that begins with a space continues the one before (RFC 9112, 5.2): no client does that any more.
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 1 || line.AsSpan(0, colon).ContainsAnyExcept(Token) || HasControls(line))
            {
                return false;
            }

            fields.Add(new(line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        if (lines[0].Length == 0 || HasControls(lines[0]))
        {
            return false;
        }

        (head, refusal) = (new HttpHead(lines[0], fields), null);
        return true;
    }

    /// <summary>The values of every field of a name, in order.</summary>
    internal IEnumerable<string> All(string name) => Fields.Where(f => f.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f.Value);

    /// <summary>The value of a field that may be there once; false when it is there more often. Null when it is not there.</summary>
    internal bool TryGetOnce(string name, out string? value)
    {
        var values = All(name).Take(2).ToArray();
        value = values.FirstOrDefault();
        return values.Length <= 1;
    }

    /// <summary>Whether a list, in one field or several, has a word; case does not matter.</summary>
    internal bool Has(string name, string word) =>
        All(name).SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries)).Contains(word, StringComparer.OrdinalIgnoreCase);

    private static bool HasControls(string line) => line.AsSpan().ContainsAnyInRange('\0', '\u001f') && line.Any(c => c < ' ' && c != '\t');
}
