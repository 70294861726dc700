using System.Security.Cryptography;
using DChat.Core.Clocks;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Identity;

/// <summary>
/// What a device tells the other devices of its identity, sealed to them (<c>Protocol/identity.proto</c>): the relay sees who wrote it
/// and when, and its rough length.
/// </summary>
public sealed class SealedDeviceState : IStatement<SealedDeviceState>
{
    /// <summary>The most bytes of a sealed state before it is sealed.</summary>
    public const int MaxContentLength = 512 * 1024;

    internal const int SealedKeyLength = 48;
    internal const int NonceLength = 24;
    internal const int TagLength = 16;

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> Label => KeyLabels.DeviceState;

    /// <inheritdoc/>
    public static int MaxLength => MaxContentLength + 4096;

    /// <summary>The identity.</summary>
    public required IdentityId Identity { get; init; }

    /// <summary>The device; signs the state.</summary>
    public required DeviceKey Device { get; init; }

    /// <summary>When it was written; of two of a device the later counts.</summary>
    public required HybridTimestamp Hlc { get; init; }

    /// <summary>The key of <see cref="Device"/>.</summary>
    public Bytes32 Signer => Device.Value;

    /// <summary>The X25519 key that was drawn for this state.</summary>
    public required Bytes32 EphemeralKey { get; init; }

    /// <summary>The key of the content, sealed for each recipient.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> SealedKeys { get; init; }

    /// <summary>24 random bytes.</summary>
    public required ReadOnlyMemory<byte> Nonce { get; init; }

    /// <summary>The sealed content, see <see cref="DeviceStateSeal"/>.</summary>
    public required ReadOnlyMemory<byte> Ciphertext { get; init; }

    /// <summary>
    /// Whether it counts rather than another of the same device. Never both ways, so that whoever keeps the later one ends up with the
    /// same, whatever the order.
    /// </summary>
    public bool IsLaterThan(SealedDeviceState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Hlc != other.Hlc
            ? Hlc > other.Hlc
            : SHA256.HashData(Encode()).AsSpan().SequenceCompareTo(SHA256.HashData(other.Encode())) > 0;
    }

    /// <inheritdoc/>
    public byte[] Encode()
    {
        var state = new SealedState
        {
            Identity = UnsafeByteOperations.UnsafeWrap(Identity.Value.ToArray()),
            DeviceKey = UnsafeByteOperations.UnsafeWrap(Device.Value.ToArray()),
            Hlc = Hlc.Value,
            EphemeralKey = UnsafeByteOperations.UnsafeWrap(EphemeralKey.ToArray()),
            Nonce = UnsafeByteOperations.UnsafeWrap(Nonce),
            Ciphertext = UnsafeByteOperations.UnsafeWrap(Ciphertext),
        };
        state.SealedKeys.AddRange(SealedKeys.Select(UnsafeByteOperations.UnsafeWrap));
        return state.ToByteArray();
    }

    /// <inheritdoc/>
    public static SealedDeviceState? TryDecode(ReadOnlySpan<byte> bytes) =>
        StatementMessages.TryParse(SealedState.Parser, bytes) is { } read
        && read.Identity.Length == Bytes32.Length && read.DeviceKey.Length == Bytes32.Length && read.EphemeralKey.Length == Bytes32.Length
        && read.SealedKeys.Count is >= 1 and <= DeviceLogLimits.MaxDevices && read.SealedKeys.All(key => key.Length == SealedKeyLength)
        && read.Nonce.Length == NonceLength && read.Ciphertext.Length is >= TagLength and <= MaxContentLength + TagLength
            ? new SealedDeviceState
            {
                Identity = new IdentityId(new Bytes32(read.Identity.Span)),
                Device = new DeviceKey(new Bytes32(read.DeviceKey.Span)),
                Hlc = new HybridTimestamp(read.Hlc),
                EphemeralKey = new Bytes32(read.EphemeralKey.Span),
                SealedKeys = [.. read.SealedKeys.Select(key => key.Memory)],
                Nonce = read.Nonce.Memory,
                Ciphertext = read.Ciphertext.Memory,
            }
            : null;
}
