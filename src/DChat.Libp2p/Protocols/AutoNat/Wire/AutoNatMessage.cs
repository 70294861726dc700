using System.Diagnostics.CodeAnalysis;
using DChat.Libp2p.Addresses;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.AutoNat.Wire;

/// <summary>
/// A message on a stream of requests, exactly one of <c>{1 dialRequest {1 addrs*, 2 nonce fixed64}, 2 dialResponse {1 status, 2 addrIdx,
/// 3 dialStatus}, 3 dialDataRequest {1 addrIdx, 2 numBytes}, 4 dialDataResponse {1 data}}</c> (autonat-v2.md, "RPC Messages").
/// </summary>
internal abstract record AutoNatMessage
{
    /// <summary>The longest message taken, in bytes, as in go and js.</summary>
    internal const int MaxLength = 8192;

    /// <summary>Bytes of data in one message (autonat-v2.md, "Amplification Attack Prevention").</summary>
    internal const int MaxData = 4096;

    /// <summary>The most addresses read of a request; an index beyond them means nothing.</summary>
    internal const int MaxAddresses = 64;

    private AutoNatMessage()
    {
    }

    /// <summary>Asks for a dial.</summary>
    /// <param name="Addresses">Where, the preferred first; null for one that is none or has a protocol that is not known.</param>
    /// <param name="Nonce">What to bring there.</param>
    internal sealed record Request(IReadOnlyList<Multiaddr?> Addresses, ulong Nonce) : AutoNatMessage
    {
        private protected override (int Field, ProtobufWriter Body) Write()
        {
            var body = new ProtobufWriter();
            foreach (var address in Addresses)
            {
                body.Bytes(1, address is null ? [] : address.Bytes.Span);
            }

            return (1, body.Fixed64(2, Nonce));
        }
    }

    /// <summary>Says what became of it.</summary>
    /// <param name="Status">Of the request.</param>
    /// <param name="Index">Of the address that was chosen.</param>
    /// <param name="Dial">Of the dial.</param>
    internal sealed record Response(ResponseStatus Status, uint Index, DialStatus Dial) : AutoNatMessage
    {
        private protected override (int Field, ProtobufWriter Body) Write() =>
            (2, new ProtobufWriter().Varint(1, (ulong)Status).Varint(2, Index).Varint(3, (ulong)Dial));
    }

    /// <summary>Asks for bytes before a dial elsewhere.</summary>
    /// <param name="Index">Of the address that was chosen.</param>
    /// <param name="Count">How many.</param>
    internal sealed record DataRequest(uint Index, ulong Count) : AutoNatMessage
    {
        private protected override (int Field, ProtobufWriter Body) Write() => (3, new ProtobufWriter().Varint(1, Index).Varint(2, Count));
    }

    /// <summary>Some of those bytes, of which only the number matters.</summary>
    /// <param name="Length">How many, at most <see cref="MaxData"/> when sent.</param>
    internal sealed record Data(int Length) : AutoNatMessage
    {
        private protected override (int Field, ProtobufWriter Body) Write() => (4, new ProtobufWriter().Bytes(1, new byte[Length]));
    }

    internal byte[] Encode()
    {
        var (field, body) = Write();
        return new ProtobufWriter().Bytes(field, body.Written.Span).ToArray();
    }

    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out AutoNatMessage? message)
    {
        message = null;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (!reader.IsBytes || reader.Field > 4)
            {
                continue;
            }

            // One of them; protobuf would take the last, and nobody sends two.
            if (message is not null)
            {
                return false;
            }

            message = reader.Field switch
            {
                1 => ReadRequest(reader.Bytes),
                2 => ReadResponse(reader.Bytes),
                3 => ReadDataRequest(reader.Bytes),
                _ => ReadData(reader.Bytes),
            };
            if (message is null)
            {
                return false;
            }
        }

        return !reader.IsMalformed && message is not null;
    }

    private protected abstract (int Field, ProtobufWriter Body) Write();

    private static Request? ReadRequest(ReadOnlySpan<byte> bytes)
    {
        var addresses = new List<Multiaddr?>();
        var nonce = 0UL;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1 when reader.IsBytes && addresses.Count < MaxAddresses:
                    addresses.Add(Multiaddr.TryDecode(reader.Bytes, out var address) ? address : null);
                    break;
                case 2 when !reader.IsBytes:
                    nonce = reader.Number;
                    break;
            }
        }

        return reader.IsMalformed ? null : new Request(addresses, nonce);
    }

    private static Response? ReadResponse(ReadOnlySpan<byte> bytes)
    {
        var (status, index, dial) = (0UL, 0UL, 0UL);
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            (status, index, dial) = reader.Field switch
            {
                1 => (reader.Number, index, dial),
                2 => (status, reader.Number, dial),
                3 => (status, index, reader.Number),
                _ => (status, index, dial),
            };
        }

        // What no enumeration holds stays what it is: nobody takes it for something else.
        return reader.IsMalformed || index > uint.MaxValue || status > int.MaxValue || dial > int.MaxValue
            ? null
            : new Response((ResponseStatus)status, (uint)index, (DialStatus)dial);
    }

    private static DataRequest? ReadDataRequest(ReadOnlySpan<byte> bytes)
    {
        var (index, count) = (0UL, 0UL);
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            (index, count) = reader.Field switch { 1 => (reader.Number, count), 2 => (index, reader.Number), _ => (index, count) };
        }

        return reader.IsMalformed || index > uint.MaxValue ? null : new DataRequest((uint)index, count);
    }

    private static Data? ReadData(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            length = reader is { Field: 1, IsBytes: true } ? reader.Bytes.Length : length;
        }

        return reader.IsMalformed ? null : new Data(length);
    }
}
