using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Relays;

/// <summary>
/// A gateway's statement where it is reached, with the delegation of the relay it serves (<c>Protocol/relay.proto</c>). The
/// signature proves the gateway alone: ask <see cref="FaultAt"/> whether it speaks for a relay now.
/// </summary>
public sealed record GatewayRecord : IStatement<GatewayRecord>
{
    /// <summary>The most addresses in a record.</summary>
    public const int MaxAddresses = 16;

    /// <summary>The most bytes of an address.</summary>
    public const int MaxAddressLength = 256;

    /// <summary>How far ahead of a reader's clock a record may be.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromMinutes(2);

    /// <summary>The longest time that a record may hold.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(48);

    private static readonly ulong MaxTime = (ulong)(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() - (long)MaxLifetime.TotalMilliseconds);

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Label => KeyLabels.GatewayRecord;

    /// <inheritdoc/>
    public static int MaxLength => 4096;

    /// <summary>The Ed25519 key of the gateway, the one its PeerId is made of.</summary>
    public required Bytes32 Gateway { get; init; }

    /// <summary>The relay's delegation as it came; nothing of it is checked before <see cref="FaultAt"/>.</summary>
    public required SignedStatement Delegation { get; init; }

    /// <summary>When it was made, to the millisecond; of two records the later counts.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Until when it holds, that one included: after <see cref="MadeAt"/>, by at most <see cref="MaxLifetime"/>.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Binary multiaddrs, 1 to <see cref="MaxAddresses"/> of 1 to <see cref="MaxAddressLength"/> bytes, the best first.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Addresses { get; init; }

    /// <summary><see cref="Gateway"/>.</summary>
    public Bytes32 Signer => Gateway;

    /// <summary>Why the record does not speak for a relay at a time; <see cref="GatewayRecordFault.None"/> when it does.</summary>
    /// <param name="network">The network in which the delegation must hold.</param>
    /// <param name="time">The time.</param>
    /// <param name="relay">The relay when it does, otherwise the default.</param>
    public GatewayRecordFault FaultAt(string network, DateTimeOffset time, out RelayId relay)
    {
        relay = default;
        if (time > NotAfter)
        {
            return GatewayRecordFault.Expired;
        }

        if (MadeAt - time > MaxAhead)
        {
            return GatewayRecordFault.Ahead;
        }

        if (Signed<GatewayDelegation>.TryVerify(Delegation, network, out var signed) != StatementFault.None
            || signed!.Statement.Gateway != Gateway
            || !signed.Statement.HoldsAt(time))
        {
            return GatewayRecordFault.NotDelegated;
        }

        relay = signed.Statement.Relay;
        return GatewayRecordFault.None;
    }

    /// <inheritdoc/>
    public byte[] Encode()
    {
        var record = new Record
        {
            GatewayKey = UnsafeByteOperations.UnsafeWrap(Gateway.ToArray()),
            Delegation = Delegation,
            Sequence = (ulong)MadeAt.ToUnixTimeMilliseconds(),
            NotAfterMs = (ulong)NotAfter.ToUnixTimeMilliseconds(),
        };
        record.Addresses.AddRange(Addresses.Select(UnsafeByteOperations.UnsafeWrap));
        return record.ToByteArray();
    }

    /// <inheritdoc/>
    public static GatewayRecord? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (StatementMessages.TryParse(Record.Parser, bytes) is not { } read
            || read.GatewayKey.Length != Bytes32.Length || read.Delegation is null
            || read.NotAfterMs <= read.Sequence || read.Sequence > MaxTime
            || read.NotAfterMs - read.Sequence > (ulong)MaxLifetime.TotalMilliseconds
            || read.Addresses.Count is 0 or > MaxAddresses
            || read.Addresses.Any(address => address.Length is 0 or > MaxAddressLength))
        {
            return null;
        }

        return new GatewayRecord
        {
            Gateway = new Bytes32(read.GatewayKey.Span),
            Delegation = read.Delegation,
            MadeAt = DateTimeOffset.FromUnixTimeMilliseconds((long)read.Sequence),
            NotAfter = DateTimeOffset.FromUnixTimeMilliseconds((long)read.NotAfterMs),
            Addresses = [.. read.Addresses.Select(address => address.Memory)],
        };
    }
}
