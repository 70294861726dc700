using System.Diagnostics.CodeAnalysis;
using System.Text;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Multiformats;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Identify;

/// <summary>
/// What a peer tells about itself (identify/README.md): <c>{1 publicKey, 2 listenAddrs*, 3 protocols*, 4 observedAddr,
/// 5 protocolVersion, 6 agentVersion, 8 signedPeerRecord}</c>. A field that was not sent is null, or empty for lists.
/// </summary>
internal sealed record IdentifyMessage
{
    /// <summary>The longest message that is accepted, in bytes, as in js and go.</summary>
    internal const int MaxLength = 8192;

    /// <summary>The longest message that is sent, in bytes: rust takes no longer ones than 4,096.</summary>
    internal const int MaxSentLength = 4095;

    /// <summary>Addresses that are given up after the record only.</summary>
    internal const int FirstAddresses = 4;

    /// <summary>The most messages that are put together: go sends the record in a second one.</summary>
    internal const int MaxMessages = 10;

    /// <summary>The most addresses taken.</summary>
    internal const int MaxAddresses = 64;

    /// <summary>The most protocols taken.</summary>
    internal const int MaxProtocols = 512;

    /// <summary>The longest text taken, in bytes; longer ones are cut.</summary>
    internal const int MaxText = 256;

    internal byte[]? PublicKey { get; init; }

    internal IReadOnlyList<Multiaddr> ListenAddresses { get; init; } = [];

    internal IReadOnlyList<string> Protocols { get; init; } = [];

    internal Multiaddr? ObservedAddress { get; init; }

    internal string? ProtocolVersion { get; init; }

    internal string? AgentVersion { get; init; }

    internal byte[]? SignedPeerRecord { get; init; }

    internal byte[] Encode()
    {
        var writer = new ProtobufWriter();
        if (PublicKey is not null)
        {
            writer.Bytes(1, PublicKey);
        }

        foreach (var address in ListenAddresses)
        {
            writer.Bytes(2, address.Bytes.Span);
        }

        foreach (var protocol in Protocols)
        {
            writer.Text(3, protocol);
        }

        if (ObservedAddress is not null)
        {
            writer.Bytes(4, ObservedAddress.Bytes.Span);
        }

        if (ProtocolVersion is not null)
        {
            writer.Text(5, ProtocolVersion);
        }

        if (AgentVersion is not null)
        {
            writer.Text(6, AgentVersion);
        }

        if (SignedPeerRecord is not null)
        {
            writer.Bytes(8, SignedPeerRecord);
        }

        return writer.ToArray();
    }

    /// <summary>
    /// This message, or as much of it as fits: first the addresses after the first few go, the last first, then the record,
    /// the other addresses, and at last protocols, the last first.
    /// </summary>
    /// <param name="maxLength">The most bytes.</param>
    internal IdentifyMessage Fit(int maxLength)
    {
        var excess = Encode().Length - maxLength;
        var addresses = ListenAddresses.ToList();
        var protocols = Protocols.ToList();
        var record = SignedPeerRecord;
        DropLast(addresses, FirstAddresses, a => a.Bytes.Length, ref excess);
        if (excess > 0 && record is not null)
        {
            excess -= FieldLength(record.Length);
            record = null;
        }

        DropLast(addresses, 0, a => a.Bytes.Length, ref excess);
        DropLast(protocols, 0, Encoding.UTF8.GetByteCount, ref excess);
        return this with { ListenAddresses = addresses, Protocols = protocols, SignedPeerRecord = record };
    }

    /// <summary>Adds an encoded message to <paramref name="sofar"/>: lists grow, other fields are replaced. False when it is malformed.</summary>
    internal static bool TryMerge(IdentifyMessage sofar, ReadOnlySpan<byte> protobuf, [NotNullWhen(true)] out IdentifyMessage? merged)
    {
        merged = sofar;
        var addresses = new List<Multiaddr>(sofar.ListenAddresses);
        var protocols = new List<string>(sofar.Protocols);
        var reader = new ProtobufReader(protobuf);
        while (reader.Next())
        {
            merged = reader.Field switch
            {
                1 => merged with { PublicKey = reader.Bytes.ToArray() },
                4 => merged with { ObservedAddress = Multiaddr.TryDecode(reader.Bytes, out var observed) ? observed : null },
                5 => merged with { ProtocolVersion = Text(reader.Bytes) },
                6 => merged with { AgentVersion = Text(reader.Bytes) },
                8 => merged with { SignedPeerRecord = reader.Bytes.ToArray() },
                _ => merged,
            };
            if (reader.Field == 2 && addresses.Count < MaxAddresses && Multiaddr.TryDecode(reader.Bytes, out var address))
            {
                addresses.Add(address);
            }
            else if (reader.Field == 3 && protocols.Count < MaxProtocols && reader.Bytes.Length is > 0 and <= MaxText)
            {
                protocols.Add(Encoding.UTF8.GetString(reader.Bytes));
            }
        }

        merged = merged with { ListenAddresses = addresses, Protocols = protocols };
        return !reader.IsMalformed;
    }

    private static void DropLast<T>(List<T> items, int keep, Func<T, int> lengthOf, ref int excess)
    {
        while (excess > 0 && items.Count > keep)
        {
            excess -= FieldLength(lengthOf(items[^1]));
            items.RemoveAt(items.Count - 1);
        }
    }

    /// <summary>What a field of bytes takes: tag, length, bytes.</summary>
    private static int FieldLength(int bytes) => 1 + Uvarint.Length((ulong)bytes) + bytes;

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxText)]);
}
