using DChat.Core.Keys;
using DChat.Core.Topics;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Relays;

/// <summary>An operator's signed statement that a gateway speaks for its relay for a time (<c>Protocol/relay.proto</c>).</summary>
public sealed record GatewayDelegation
{
    /// <summary>The longest encoded delegation in bytes.</summary>
    public const int MaxLength = 256;

    private static readonly ulong MaxTime = (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>The network's name; the delegation is worth nothing in another.</summary>
    public required string Network { get; init; }

    /// <summary>Whose gateway it is; signs the delegation.</summary>
    public required RelayId Relay { get; init; }

    /// <summary>The Ed25519 key of the gateway, the one its PeerId is made of.</summary>
    public required Bytes32 Gateway { get; init; }

    /// <summary>When it begins to hold, to the millisecond, from 1970 on.</summary>
    public required DateTimeOffset NotBefore { get; init; }

    /// <summary>Until when it holds, to the millisecond, that one included; not before <see cref="NotBefore"/>.</summary>
    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>Whether it holds at a time.</summary>
    public bool HoldsAt(DateTimeOffset time) => NotBefore <= time && time <= NotAfter;

    /// <summary>Signs the statement.</summary>
    /// <param name="key">The operator's key.</param>
    /// <exception cref="ArgumentException">
    /// The key is not the one <see cref="Relay"/> names, or a member is out of its range: no verifier would take it.
    /// </exception>
    public SignedDelegation Sign(RelayKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Id != Relay)
        {
            throw new ArgumentException($"The key is that of relay {key.Id}, not of {Relay}.", nameof(key));
        }

        if (!NetworkName.IsValid(Network) || NotBefore < DateTimeOffset.UnixEpoch || NotAfter < NotBefore)
        {
            throw new ArgumentException($"A delegation for network '{Network}' from {NotBefore:O} to {NotAfter:O} is malformed.");
        }

        var encoded = new Delegation
        {
            Network = Network,
            RelayId = UnsafeByteOperations.UnsafeWrap(Relay.Value.ToArray()),
            GatewayKey = UnsafeByteOperations.UnsafeWrap(Gateway.ToArray()),
            NotBeforeMs = (ulong)NotBefore.ToUnixTimeMilliseconds(),
            NotAfterMs = (ulong)NotAfter.ToUnixTimeMilliseconds(),
        }.ToByteArray();
        return new SignedDelegation
        {
            Delegation = UnsafeByteOperations.UnsafeWrap(encoded),
            Signature = UnsafeByteOperations.UnsafeWrap(key.Sign(KeyLabels.Delegation, encoded)),
        };
    }

    /// <summary>
    /// Reads a delegation and checks that <see cref="Relay"/> signed it; whether it <see cref="HoldsAt"/> a time, for which
    /// network and gateway, is for the caller to ask.
    /// </summary>
    /// <returns>The statement; null when it is malformed or the signature is wrong.</returns>
    public static GatewayDelegation? TryVerify(SignedDelegation delegation)
    {
        ArgumentNullException.ThrowIfNull(delegation);
        return delegation.Delegation.Length <= MaxLength
            && delegation.Signature.Length == LabelledSignature.Length
            && TryParse(delegation.Delegation) is { } read
            && LabelledSignature.Verify(read.Relay.Value, KeyLabels.Delegation, delegation.Delegation.Span, delegation.Signature.Span)
            ? read
            : null;
    }

    private static GatewayDelegation? TryParse(ByteString bytes)
    {
        Delegation read;
        try
        {
            read = Delegation.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        if (read.RelayId.Length != Bytes32.Length || read.GatewayKey.Length != Bytes32.Length || !NetworkName.IsValid(read.Network)
            || read.NotAfterMs < read.NotBeforeMs || read.NotAfterMs > MaxTime)
        {
            return null;
        }

        return new GatewayDelegation
        {
            Network = read.Network,
            Relay = new RelayId(new Bytes32(read.RelayId.Span)),
            Gateway = new Bytes32(read.GatewayKey.Span),
            NotBefore = DateTimeOffset.FromUnixTimeMilliseconds((long)read.NotBeforeMs),
            NotAfter = DateTimeOffset.FromUnixTimeMilliseconds((long)read.NotAfterMs),
        };
    }
}
