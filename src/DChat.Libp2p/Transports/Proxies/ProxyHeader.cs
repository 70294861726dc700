using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DChat.Libp2p.Transports.Proxies;

/// <summary>
/// The header of the PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.1/doc/proxy-protocol.txt, 2.1 and
/// 2.2), by which a proxy tells whom it speaks for.
/// </summary>
internal static class ProxyHeader
{
    /// <summary>The longest header of version 1, its line end included (2.1).</summary>
    internal const int MaxTextLength = 107;

    /// <summary>The longest header of version 2 that is taken: addresses and what real proxies add to them.</summary>
    internal const int MaxBinaryLength = 2048;

    /// <summary>Bytes of version 2 before the addresses.</summary>
    private const int FixedLength = 16;

    /// <summary>IPv4 and IPv6 over TCP in version 2; 0 says nothing about the source.</summary>
    private const byte Tcp4 = 0x11, Tcp6 = 0x21, Unspecified = 0;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> TextStart => "PROXY "u8;

    /// <summary>Reads the header and leaves what follows.</summary>
    /// <returns>Whom the proxy speaks for; null when it speaks for itself.</returns>
    /// <exception cref="Libp2pException">There is none, or it is malformed (<see cref="Libp2pErrorCodes.Malformed"/>).</exception>
    internal static async ValueTask<IPEndPoint?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var status = TryParse(buffer.Slice(0, Math.Min(buffer.Length, MaxBinaryLength)).ToArray(), out var source, out var consumed);
            if (status == OperationStatus.Done)
            {
                input.AdvanceTo(buffer.GetPosition(consumed));
                return source;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (status == OperationStatus.InvalidData || result.IsCompleted)
            {
                throw new Libp2pException(Libp2pErrorCodes.Malformed, "The proxy does not begin with a header of the PROXY protocol.");
            }
        }
    }

    /// <summary>Parses the header at the beginning of what has arrived.</summary>
    /// <param name="bytes">What has arrived, up to <see cref="MaxBinaryLength"/> bytes of it.</param>
    /// <param name="source">Whom the proxy speaks for; null when it speaks for itself.</param>
    /// <param name="consumed">How long the header is.</param>
    internal static OperationStatus TryParse(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        (source, consumed) = (null, 0);
        if (bytes.IsEmpty)
        {
            return OperationStatus.NeedMoreData;
        }

        return bytes[0] == Signature[0] ? TryParseBinary(bytes, out source, out consumed) : TryParseText(bytes, out source, out consumed);
    }

    // PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n
    private static OperationStatus TryParseText(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        (source, consumed) = (null, 0);
        var start = Math.Min(bytes.Length, TextStart.Length);
        if (!bytes[..start].SequenceEqual(TextStart[..start]))
        {
            return OperationStatus.InvalidData;
        }

        var line = bytes[..Math.Min(bytes.Length, MaxTextLength)];
        var end = line.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return line.Length < MaxTextLength ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        }

        consumed = end + 2;
        var words = Encoding.Latin1.GetString(line[..end]).Split(' ');
        if (words[1] == "UNKNOWN")
        {
            return OperationStatus.Done;
        }

        var family = words[1] switch { "TCP4" => AddressFamily.InterNetwork, "TCP6" => AddressFamily.InterNetworkV6, _ => AddressFamily.Unknown };
        if (words.Length != 6
            || !TryParseAddress(words[2], family, out var from)
            || !TryParseAddress(words[3], family, out _)
            || !TryParsePort(words[4], out var port)
            || !TryParsePort(words[5], out _))
        {
            return OperationStatus.InvalidData;
        }

        source = new IPEndPoint(from, port);
        return OperationStatus.Done;
    }

    // signature (12) ‖ 2 and command ‖ family and transport ‖ length (2, big endian) ‖ addresses ‖ extensions
    private static OperationStatus TryParseBinary(ReadOnlySpan<byte> bytes, out IPEndPoint? source, out int consumed)
    {
        (source, consumed) = (null, 0);
        var start = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..start].SequenceEqual(Signature[..start]))
        {
            return OperationStatus.InvalidData;
        }

        if (bytes.Length < FixedLength)
        {
            return OperationStatus.NeedMoreData;
        }

        var (command, family) = (bytes[12], bytes[13]);
        var length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (command is not (0x20 or 0x21) || length > MaxBinaryLength)
        {
            return OperationStatus.InvalidData;
        }

        if (bytes.Length < length)
        {
            return OperationStatus.NeedMoreData;
        }

        consumed = length;
        if (command == 0x20 || family == Unspecified)
        {
            // LOCAL: the proxy speaks for itself, to see whether we are well.
            return OperationStatus.Done;
        }

        var size = family == Tcp4 ? 4 : 16;
        var addresses = bytes[FixedLength..length];
        if (family is not (Tcp4 or Tcp6) || addresses.Length < (2 * size) + 4)
        {
            return OperationStatus.InvalidData;
        }

        source = new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..]));
        return OperationStatus.Done;
    }

    private static bool TryParseAddress(string text, AddressFamily family, out IPAddress address) =>
        IPAddress.TryParse(text, out address!)
        && address.AddressFamily == family
        && !text.AsSpan().ContainsAny('%', '[', ']')
        && (family == AddressFamily.InterNetworkV6 || address.ToString() == text);

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && (text.Length == 1 || text[0] != '0');
}
