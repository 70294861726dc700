using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Relays;

/// <summary>
/// An operator's statement that a gateway speaks for its relay for a time (<c>Protocol/relay.proto</c>). Whether it
/// <see cref="HoldsAt"/> a time, and for which gateway, is for the caller to ask.
/// </summary>
public sealed record GatewayDelegation : IStatement<GatewayDelegation>
{
    private static readonly ulong MaxTime = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Label => KeyLabels.Delegation;

    /// <inheritdoc/>
    public static int MaxLength => 256;

    /// <summary>Whose gateway it is; signs the delegation.</summary>
    public required RelayId Relay { get; init; }

    /// <summary>The Ed25519 key of the gateway, the one its PeerId is made of.</summary>
    public required Bytes32 Gateway { get; init; }

    /// <summary>When it begins to hold, to the millisecond, from 1970 on.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Until when it holds, to the millisecond, that one included; not before <see cref="NotBefore"/>.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>The key of <see cref="Relay"/>.</summary>
    public Bytes32 Signer => Relay.Value;

    /// <summary>Whether it holds at a time.</summary>
    public bool HoldsAt(DateTimeOffset time) => NotBefore <= time && time <= NotAfter;

    /// <inheritdoc/>
    public byte[] Encode() => new Delegation
    {
        RelayId = UnsafeByteOperations.UnsafeWrap(Relay.Value.ToArray()),
        GatewayKey = UnsafeByteOperations.UnsafeWrap(Gateway.ToArray()),
        NotBeforeMs = (ulong)NotBefore.ToUnixTimeMilliseconds(),
        NotAfterMs = (ulong)NotAfter.ToUnixTimeMilliseconds(),
    }.ToByteArray();

    /// <inheritdoc/>
    public static GatewayDelegation? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (StatementMessages.TryParse(Delegation.Parser, bytes) is not { } read
            || read.RelayId.Length != Bytes32.Length || read.GatewayKey.Length != Bytes32.Length
            || read.NotAfterMs < read.NotBeforeMs || read.NotAfterMs > MaxTime)
        {
            return null;
        }

        return new GatewayDelegation
        {
            Relay = new RelayId(new Bytes32(read.RelayId.Span)),
            Gateway = new Bytes32(read.GatewayKey.Span),
            NotBefore = DateTimeOffset.FromUnixTimeMilliseconds((long)read.NotBeforeMs),
            NotAfter = DateTimeOffset.FromUnixTimeMilliseconds((long)read.NotAfterMs),
        };
    }
}
