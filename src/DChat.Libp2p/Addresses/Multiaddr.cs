using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Multiformats;

namespace DChat.Libp2p.Addresses;

/// <summary>
/// A self-describing network address such as <c>/ip4/127.0.0.1/tcp/4001/p2p/12D3Koo…</c>
/// (https://github.com/multiformats/multiaddr). Immutable; equal when the bytes are equal.
/// </summary>
/// <remarks>
/// Every instance is valid. An address with an unknown protocol cannot be decoded, since its length is unknown:
/// drop the address, never the message that carried it.
/// </remarks>
public sealed class Multiaddr : IEquatable<Multiaddr>
{
    /// <summary>The most bytes an address may have.</summary>
    public const int MaxLength = 1024;

    /// <summary>The most components an address may have.</summary>
    public const int MaxComponents = 32;

    private readonly byte[] _bytes;
    private readonly MultiaddrComponent[] _components;

    private Multiaddr(byte[] bytes, MultiaddrComponent[] components)
    {
        _bytes = bytes;
        _components = components;
    }

    /// <summary>The components, first to last; at least one.</summary>
    public IReadOnlyList<MultiaddrComponent> Components => _components;

    /// <summary>The encoded address.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The peer named by the last component; null when the last component is not <c>/p2p</c>.</summary>
    public PeerId? Peer => _components[^1] is var last && last.Protocol == MultiaddrProtocol.P2p ? PeerId.FromBytes(last.Value.Span) : null;

    /// <summary>Whether a peer is reached through a relay.</summary>
    public bool IsRelayed => Array.Exists(_components, c => c.Protocol == MultiaddrProtocol.P2pCircuit);

    /// <summary>Parses text.</summary>
    /// <exception cref="FormatException">It is not a multiaddr, or one of its protocols is unknown.</exception>
    public static Multiaddr Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not a multiaddr.");

    /// <summary>Parses text; false when it is not a multiaddr or one of its protocols is unknown.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Multiaddr? address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = null;
        if (text.Length is < 2 or > 2 * MaxLength || text[0] != '/')
        {
            return false;
        }

        var parts = text.TrimEnd('/').Split('/');
        var components = new List<MultiaddrComponent>();
        for (var i = 1; i < parts.Length; i++)
        {
            if (components.Count == MaxComponents || MultiaddrProtocol.Find(parts[i]) is not { } protocol)
            {
                return false;
            }

            byte[] value = [];
            if (protocol.Kind == MultiaddrValue.Path)
            {
                // A path swallows the rest, slashes included.
                var path = "/" + string.Join('/', parts[(i + 1)..]);
                i = parts.Length;
                if (!MultiaddrValueCodec.TryParse(protocol, path, out value))
                {
                    return false;
                }
            }
            else if (protocol.Kind != MultiaddrValue.None
                && (++i == parts.Length || !MultiaddrValueCodec.TryParse(protocol, parts[i], out value)))
            {
                return false;
            }

            components.Add(new MultiaddrComponent(protocol, value));
        }

        return TryCreate(components, out address);
    }

    /// <summary>Decodes an address that fills <paramref name="bytes"/> exactly; false for anything else.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddr? address)
    {
        address = null;
        if (bytes.Length is 0 or > MaxLength)
        {
            return false;
        }

        var copy = bytes.ToArray();
        var components = new List<MultiaddrComponent>();
        for (var at = 0; at < copy.Length;)
        {
            if (components.Count == MaxComponents
                || Uvarint.TryRead(copy.AsSpan(at), out var code, out var read) != OperationStatus.Done
                || MultiaddrProtocol.Find(code) is not { } protocol)
            {
                return false;
            }

            at += read;
            var length = (ulong)protocol.Size;
            if (protocol.Size == MultiaddrProtocol.Prefixed)
            {
                if (Uvarint.TryRead(copy.AsSpan(at), out length, out read) != OperationStatus.Done)
                {
                    return false;
                }

                at += read;
            }

            if (length > (ulong)(copy.Length - at) || !MultiaddrValueCodec.IsValid(protocol, copy.AsSpan(at, (int)length)))
            {
                return false;
            }

            components.Add(new MultiaddrComponent(protocol, copy.AsMemory(at, (int)length)));
            at += (int)length;
        }

        address = new Multiaddr(copy, [.. components]);
        return true;
    }

    /// <summary>The address of a TCP end point: <c>/ip4/…/tcp/…</c> or <c>/ip6/…/tcp/…</c>.</summary>
    public static Multiaddr FromTcp(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        var ip = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        var family = ip.AddressFamily == AddressFamily.InterNetwork ? MultiaddrProtocol.Ip4 : MultiaddrProtocol.Ip6;
        byte[] port = [(byte)(endPoint.Port >> 8), (byte)endPoint.Port];
        TryCreate([new(family, ip.GetAddressBytes()), new(MultiaddrProtocol.Tcp, port)], out var address);
        return address!;
    }

    /// <summary>This address ending in <c>/p2p/<paramref name="peer"/></c>; itself when it already does.</summary>
    public Multiaddr WithPeer(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.Equals(Peer))
        {
            return this;
        }

        TryCreate([.. _components, new(MultiaddrProtocol.P2p, peer.ToBytes())], out var address);
        return address ?? throw new ArgumentException("The address is at its length limit.", nameof(peer));
    }

    /// <summary>This address without its last <c>/p2p</c> component; itself when it has none or nothing else.</summary>
    public Multiaddr WithoutPeer()
    {
        if (Peer is null || _components.Length == 1)
        {
            return this;
        }

        TryCreate(_components[..^1], out var address);
        return address!;
    }

    /// <summary>This address with another first component.</summary>
    internal Multiaddr WithHost(MultiaddrComponent host)
    {
        TryCreate([host, .. _components[1..]], out var address);
        return address ?? throw new ArgumentException("The address is at its length limit.", nameof(host));
    }

    /// <inheritdoc/>
    public bool Equals(Multiaddr? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Multiaddr);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The text form.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var component in _components)
        {
            text.Append('/').Append(component.Protocol.Name);
            if (component.Protocol.Kind != MultiaddrValue.None)
            {
                text.Append(component.Protocol.Kind == MultiaddrValue.Path ? "" : "/").Append(component.Text);
            }
        }

        return text.ToString();
    }

    /// <summary>The address of certain components; false when there are none or it is longer than <see cref="MaxLength"/>.</summary>
    internal static bool TryCreate(IReadOnlyCollection<MultiaddrComponent> components, [NotNullWhen(true)] out Multiaddr? address)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var (protocol, value) in components)
        {
            writer.Advance(Uvarint.Write(writer.GetSpan(Uvarint.MaxLength), protocol.Code));
            if (protocol.Size == MultiaddrProtocol.Prefixed)
            {
                writer.Advance(Uvarint.Write(writer.GetSpan(Uvarint.MaxLength), (ulong)value.Length));
            }

            writer.Write(value.Span);
        }

        // Components of text share one buffer with those of bytes this way.
        return TryDecode(writer.WrittenSpan, out address);
    }
}
