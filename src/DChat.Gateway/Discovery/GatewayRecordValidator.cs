using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Libp2p.Identity;
using DChat.Libp2p.Protocols.Kad;

namespace DChat.Gateway.Discovery;

/// <summary>
/// Judges the records by which gateways say where they are, which the DHT keeps under <c>/dchat-relay/</c> ‖ multihash of the
/// PeerId (<c>Protocol/relay.proto</c>). Forged, stale and foreign ones are not kept, not told and not believed.
/// </summary>
internal sealed class GatewayRecordValidator(string network, TimeProvider time) : IRecordValidator
{
    /// <summary>The namespace of the keys.</summary>
    internal const string Namespace = "dchat-relay";

    private static ReadOnlySpan<byte> Prefix => "/dchat-relay/"u8;

    /// <summary>Under which key a gateway's record is.</summary>
    public static byte[] KeyOf(PeerId gateway) => [.. Prefix, .. gateway.Bytes.Span];

    /// <summary>The record of a key and the relay it speaks for; null when it is none that holds now.</summary>
    public (Signed<GatewayRecord> Record, RelayId Relay)? TryRead(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!key.StartsWith(Prefix)
            || Signed<GatewayRecord>.TryRead(value, network, out var signed) != StatementFault.None
            || !PeerOf(signed!.Statement).Bytes.Span.SequenceEqual(key[Prefix.Length..])
            || signed.Statement.FaultAt(network, time.GetUtcNow(), out var relay) != GatewayRecordFault.None)
        {
            return null;
        }

        return (signed, relay);
    }

    /// <inheritdoc/>
    public bool Validate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => TryRead(key, value) is not null;

    /// <summary>The record made last; of two made in one millisecond, the greater by its bytes, so that everyone prefers the same.</summary>
    public int SelectBest(ReadOnlySpan<byte> key, IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        var best = 0;
        var bestMadeAt = MadeAt(values[0]);
        for (var i = 1; i < values.Count; i++)
        {
            var madeAt = MadeAt(values[i]);
            if (madeAt > bestMadeAt || (madeAt == bestMadeAt && values[i].Span.SequenceCompareTo(values[best].Span) > 0))
            {
                (best, bestMadeAt) = (i, madeAt);
            }
        }

        return best;
    }

    private static PeerId PeerOf(GatewayRecord record) => PublicKey.FromEd25519(record.Gateway.ToArray()).Peer;

    private DateTimeOffset MadeAt(ReadOnlyMemory<byte> value) =>
        Signed<GatewayRecord>.TryRead(value.Span, network, out var signed) == StatementFault.None ? signed!.Statement.MadeAt : DateTimeOffset.MinValue;
}
